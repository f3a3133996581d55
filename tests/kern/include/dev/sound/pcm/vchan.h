/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Virtual channels of sound(4): programs that share a hardware channel, their
 * parent.  FreeBSD 15's names and prototypes; the mode is "fixed": programs
 * get the parent's format and rate.
 */

#ifndef _SND_VCHAN_H_
#define	_SND_VCHAN_H_

/*
 * Make a channel below the parent.  The device is busy, the parent locked; its
 * lock is released meanwhile.  ENODEV: no memory, or a format that cannot be
 * mixed; or the driver's error.
 */
int	vchan_create(struct pcm_channel *parent, struct pcm_channel **child);

/*
 * Free c.  The device is busy; c and its parent are locked.  On return the
 * parent still is.
 */
int	vchan_destroy(struct pcm_channel *c);

/*
 * Rebuild c's chain of feeders for its parent's present settings.  Both are
 * locked.
 */
int	vchan_sync(struct pcm_channel *c);

/* dev.pcm.N.play.vchans and dev.pcm.N.rec.vchans */
void	vchan_initsys(device_t dev);

#define	VCHAN_SYNC_REQUIRED(c)						\
	(((c)->flags & CHN_F_VIRTUAL) && (((c)->flags & CHN_F_DIRTY) ||	\
	(c)->bufhard->fmt != (c)->parentchannel->format ||		\
	(c)->bufhard->spd != (c)->parentchannel->speed))

#define	VCHAN_DEFAULT_FORMAT	SND_FORMAT(AFMT_S16_LE, 2, 0)

#endif /* !_SND_VCHAN_H_ */
