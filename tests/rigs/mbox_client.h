/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A client of apple_mbox(4) for programs that move messages: the driver of
 * "test,mbox-client" in our device trees.  Tests of what becomes of clients
 * have one of their own (apple_mbox_test.c).
 */
#ifndef _MBOX_CLIENT_H_
#define	_MBOX_CLIENT_H_

#include "apple/mbox/apple_mbox.h"

/* What gets each message; to be set before the tree is booted. */
extern apple_mbox_recv_fn *mbox_client_recv;

/* The client's mailbox, while the client is attached. */
extern struct apple_mbox *mbox_client_mbox;

#endif /* !_MBOX_CLIENT_H_ */
