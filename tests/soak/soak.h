/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Long runs in virtual time, with an account of everything that was moved.
 * Both sides include this file.
 */
#ifndef _SOAK_H_
#define	_SOAK_H_

#include <stdbool.h>
#include <stdint.h>

/*
 * An account of things with the numbers 0, 1, 2, ..., each of which has to
 * arrive once and in order.
 */
struct soak_account {
	uint64_t	arrived;
	uint64_t	next;		/* the number that is expected */
	uint64_t	lost;		/* numbers that were skipped */
	uint64_t	repeated;	/* numbers that came again or late */
};

static inline void
soak_take(struct soak_account *a, uint64_t number)
{
	a->arrived++;
	if (number >= a->next) {
		a->lost += number - a->next;
		a->next = number + 1;
	} else {
		a->repeated++;
	}
}

/* Implemented by the host.  Called now and then with the part that is done. */
void	soak_progress(uint64_t done, uint64_t of);

/*
 * Play or record periods of 10 ms, whose frames are numbered.  Returns the
 * account of frames.  *xruns is how many underruns and overruns were counted.
 */
struct soak_account soak_play(uint64_t periods, uint64_t *xruns);
struct soak_account soak_record(uint64_t periods, uint64_t *xruns);

/*
 * Send numbered messages to a coprocessor that sends each one back.  Returns
 * the accounts of both directions.
 */
struct soak_mbox {
	struct soak_account sent;	/* as the coprocessor got them */
	struct soak_account received;	/* as the client got them */
};
struct soak_mbox soak_mbox(uint64_t messages);

#endif /* !_SOAK_H_ */
