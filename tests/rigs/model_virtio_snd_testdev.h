/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The tests of the virtio-sound model share this: the device, attached to a
 * driver that does nothing by itself (virtio_testdev.h), and requests and
 * messages made by hand.
 *
 * Each test program is one file and this one, so the names are short.
 */
#ifndef _MODEL_VIRTIO_SND_TESTDEV_H_
#define	_MODEL_VIRTIO_SND_TESTDEV_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/endian.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/sglist.h>
#include <sys/time.h>

#include <machine/bus.h>

#include <vm/vm.h>
#include <vm/pmap.h>

#include <dev/virtio/virtio.h>
#include <dev/virtio/virtio_ring.h>
#include <dev/virtio/virtqueue.h>

#include "virtio/virtio_testdev.h"
#include "tk.h"
#include "tk_test.h"
#include "model_virtio_snd.h"
#include "model_virtio_snd_wire.h"

#define	MS		1000000ll	/* nanoseconds */

/* S16, two channels, 48 kHz; 10 ms a period. */
#define	FRAME		4
#define	PERIOD		(480 * FRAME)

/* Guest RAM: a page for control, then one for each message slot. */
#define	NSLOT		16
#define	RESPONSE	512		/* offset in the control page */
#define	PAYLOAD		16		/* offsets in a slot's page */
#define	STATUS		(PAGE_SIZE - 16)
/* Where the sound of an rx message is in its slot's page. */
#define	SOUND		(PAYLOAD + 64)

extern struct model_snd_config cfg;		/* of the next attach() */
extern struct model_snd	*m;
extern device_t		bus;
extern char		*mem;
extern int		cookies[NSLOT];
extern uint64_t		sent;		/* payload bytes of tx() so far */

#define	CTL	(vtest_drv.vq[MODEL_SND_VQ_CTL])
#define	EVENT	(vtest_drv.vq[MODEL_SND_VQ_EVENT])
#define	TX	(vtest_drv.vq[MODEL_SND_VQ_TX])
#define	RX	(vtest_drv.vq[MODEL_SND_VQ_RX])

/* The elements that setup_ctls() makes. */
enum { VOLUME, MUTE, SOURCE, SERIAL, WIDE, NCTLS };
extern const uint32_t dbscale[4];		/* TLV of the first */

/* How a message came back. */
struct done {
	int		slot;		/* -1: none */
	uint32_t	len;
	uint32_t	status;
	uint32_t	latency;
};

void	attach(const char *busname);
void	setup(void);
void	teardown(void);
void	wait_until(int64_t ns);
void	wait_ns(int64_t ns);
char	*slot(int i);
void	append(struct sglist *sg, void *p, size_t len);
void	setup_qemu(uint32_t burst, uint32_t backend);
void	post(const void *req, size_t reqlen, size_t resplen);
uint32_t request(const void *req, size_t reqlen, size_t resplen,
	    uint32_t *used);
uint32_t query(uint32_t code, uint32_t start, uint32_t count, uint32_t size,
	    size_t resplen);
uint32_t command(uint32_t code, uint32_t stream);
struct msnd_pcm_set_params params(uint32_t stream);
uint32_t set_params(const struct msnd_pcm_set_params *p);
void	prepare(uint32_t stream);
void	start(uint32_t stream);
void	setup_ctls(bool packed);
void	setup_everything(void);
uint32_t ctl(uint32_t code, uint32_t id, const void *extra, size_t len,
	    size_t resplen, uint32_t *used);
char	pattern(uint64_t i);
void	message(struct virtqueue *vq, int i, uint32_t stream, size_t hdrlen,
	    size_t outlen, size_t inlen, size_t statuslen);
void	tx(int i, uint32_t stream, size_t len);
struct done done(struct virtqueue *vq);
void	expect_done(int i, uint32_t status);
void	expect_none(void);
void	expect_played(uint32_t stream, uint64_t at, uint64_t off,
	    uint64_t len);
struct model_snd_stream_stats stats(uint32_t stream);
uint64_t illegal(void);
void	rx(int i, uint32_t stream, size_t len);
struct done expect_rx(int i, uint32_t len, uint32_t status);
void	expect_sound(int i, uint32_t stream, uint64_t off, size_t len);
void	setup_capture(void);
void	event_buffer(int i, size_t outlen, size_t inlen);
void	expect_event(int i, uint32_t code, uint32_t data);

#endif /* !_MODEL_VIRTIO_SND_TESTDEV_H_ */
