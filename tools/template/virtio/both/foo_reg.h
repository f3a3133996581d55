/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the driver and the device agree on.
 */
#ifndef _FOO_REG_H_
#define	_FOO_REG_H_

#define	FOO_VIRTIO_ID	@ID@	/* yours; VIRTIO 1.2, chapter 5 */

#define	FOO_VQ		0	/* the device fills buffers */
#define	FOO_VQS		1

#define	FOO_BUFFER	64	/* bytes */

#endif /* !_FOO_REG_H_ */
