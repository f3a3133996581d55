/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A program of ALSA's library on the sound card behind vhost-device-sound, set
 * up as that program sets it up: 16 bits, two channels, 48 kHz, two periods of
 * 100 ms.  The card's files are in the folder where the test runs.
 */
#ifndef _ALSA_PROGRAM_H_
#define	_ALSA_PROGRAM_H_

#include <stdbool.h>
#include <stddef.h>

#define	ALSA_FRAME	4		/* bytes */

/*
 * Play or record.
 *
 * Returns: the frames of the buffer; 0 where ALSA's headers were not installed
 * when the tests were built; what ALSA's library fails with, which is negative.
 */
long	alsa_open(bool capture);
int	alsa_close(void);

/* Frames that can be written or read; or negative. */
long	alsa_room(void);
/* Write or read frames, without end.  Returns how many, or negative. */
long	alsa_move(void *frames, size_t count);
/* Start what records; what plays starts when its buffer is full. */
int	alsa_start(void);
/* Wait until all is played. */
int	alsa_drain(void);

/* Write to the card's file "heard", and read its file "played": bytes. */
size_t	alsa_heard(const void *bytes, size_t len);
size_t	alsa_played(void *bytes, size_t room);

#endif /* !_ALSA_PROGRAM_H_ */
