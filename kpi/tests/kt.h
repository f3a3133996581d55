/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the crate's tests, which are in Rust, need of C: cases, the test
 * kernel's switches, and devices with models behind them, one of a kind at a
 * time.  bindgen reads this; it therefore uses plain types.
 */
#ifndef _KT_H_
#define	_KT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Cases
 */

/* Add a case; see tk_test.h.  stops, which may be NULL, as there. */
void	kt_case(const char *name, void (*body)(void), bool threaded,
	    const char *stops);

/* End the case: it failed. */
void	kt_fail(const char *file, int line, const char *text)
	    __attribute__((__noreturn__));

/*
 * The test kernel
 */

/* Fail the nth call of that name from now on; 0: none. */
void	kt_fault(const char *call, int nth);

/* What was printed since boot. */
const char *kt_msgbuf(void);

/* Sleep for about so long. */
void	kt_pause_ms(int ms);

/* Pretend that the kernel still configures devices, or not. */
void	kt_set_cold(bool on);

/* Value of a sysctl of size bytes; an errno.  The second sets it, ... */
int	kt_sysctl_get(const char *name, void *val, size_t size);
int	kt_sysctl_set(const char *name, const void *val, size_t size);
/* ... and this one asks for its size alone. */
int	kt_sysctl_size(const char *name, size_t *size);

/* A variable of the kernel environment. */
void	kt_setenv(const char *name, const char *value);

/*
 * Devices.  attach gets a device_t, and makes the state that detach gets; an
 * error of the two is returned.
 */
struct kt_driver {
	int	(*attach)(void *dev, void **state);
	int	(*detach)(void *state);
};

/* Registers and an interrupt: "kt0", memory 0, interrupt 0. */
#define	KT_REGS		64		/* bytes */

int	kt_dev_attach(const struct kt_driver *driver, void **state);
void	kt_dev_detach(void);

/* Registers of the model, as the device sees them. */
uint8_t	*kt_dev_regs(void);

/* Raise its interrupt, an edge. */
void	kt_dev_raise(void);

/* A sound card, "pcm0", with nothing behind it. */
int	kt_pcm_attach(const struct kt_driver *driver, void **state);
void	kt_pcm_detach(void);

/* What newbus says of detaching it: an errno; the device stays unless 0. */
int	kt_pcm_try_detach(void);

/*
 * Play buf on it, 48 kHz S16_LE stereo, as a program does: to its end, or give
 * up once all is written.  An errno.
 */
int	kt_pcm_play(const void *buf, size_t len, bool give_up);

/* Its mixer, as tk_mixer_set() and others. */
int	kt_pcm_set_level(uint32_t control, uint32_t left, uint32_t right);
int	kt_pcm_get_level(uint32_t control, uint32_t *left, uint32_t *right);
int	kt_pcm_mute(uint32_t control, bool muted);
int	kt_pcm_muted(uint32_t control, bool *muted);
int	kt_pcm_set_recsrc(uint32_t sources);
uint32_t kt_pcm_recsrc(void);

/*
 * A virtio device with one queue, whose answers the test decides.  The attach
 * of its driver gets a struct kpi_virtio instead of a state to fill in ...
 */
struct kt_virtio_driver {
	int	(*attach)(void *dev, void *virtio, void **state);
	int	(*detach)(void *state);
};

/* What the device makes of a request. */
enum kt_answer {
	KT_ECHO,		/* answer with the request's bytes */
	KT_HOLD,		/* keep it until kt_virtio_release() */
	KT_QUIET,		/* KT_ECHO without an interrupt */
	KT_LIE,			/* claim one byte more than there is room for */
	KT_SHORT,		/* answer with its first byte */
	KT_NOTHING,		/* claim what KT_ECHO does, and write nothing */
};

/* ... and bus is "virtio_mmio" or "virtio_pci". */
int	kt_virtio_attach(const struct kt_virtio_driver *driver, const char *bus,
	    enum kt_answer how, void **state);
void	kt_virtio_detach(void);

/* What newbus says of detaching it: an errno; the device stays unless 0. */
int	kt_virtio_try_detach(void);

/* What to do from the next request on. */
void	kt_virtio_answer(enum kt_answer how);

/* Answer the request that is held with its bytes. */
void	kt_virtio_release(void);

/* Requests that the device has taken. */
int	kt_virtio_requests(void);

/* Features that it offers from the next negotiation on. */
void	kt_virtio_offer(uint64_t features);

/* Its configuration changed, it says. */
void	kt_virtio_config_change(void);

/*
 * It raises the interrupt that all queues share, and has used nothing.  On bus
 * "virtio_mmio".
 */
void	kt_virtio_interrupt(void);

/*
 * The machine gets the device tree of that name (tk_ofw.h); returns the device
 * of the node at path.  Both end with kt_tree_end().
 */
void	*kt_tree(const char *name, const char *path);
void	kt_tree_end(void);

/*
 * A coprocessor that runs RTKit, of the model, and sends back what endpoint
 * 0x20 is sent; returns the device that may have it.  own: it asks for memory
 * of its own for its logs.  It is down again with kt_rtkit_down().
 */
void	*kt_rtkit_up(bool own);
void	kt_rtkit_down(void);

/* It crashes; it logs this, or false: it cannot. */
void	kt_rtkit_crash(void);
bool	kt_rtkit_log(const char *text);

/* Take newbus's lock, as an attach method has it, or release it. */
void	kt_topo(bool lock);

/*
 * Guest RAM, as a device sees it: write there, or read; false: it is none.
 */
bool	kt_ram_write(uint64_t paddr, const void *from, size_t len);
bool	kt_ram_read(uint64_t paddr, void *to, size_t len);

#endif /* !_KT_H_ */
