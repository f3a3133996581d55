/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the crate's tests, which are in Rust, need from C: cases, the test
 * kernel's switches, and devices with models behind them, one device of a kind
 * at a time. bindgen reads this file, so it uses plain types.
 */
#ifndef _KT_H_
#define	_KT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Cases
 */

/* Add a case; see tk_test.h.  stops may be NULL, as there. */
void	kt_case(const char *name, void (*body)(void), bool threaded,
	    const char *stops);

/* End the case as failed. */
void	kt_fail(const char *file, int line, const char *text)
	    __attribute__((__noreturn__));

/*
 * The test kernel
 */

/* Let the nth call of that name fail, counted from now on; 0: none. */
void	kt_fault(const char *call, int nth);

/* Let the kernel be as after a panic(9), or not. */
void	kt_panicked(bool on);

/* The text that was printed since boot. */
const char *kt_msgbuf(void);

/* Sleep for about so long. */
void	kt_pause_ms(int ms);

/*
 * Pretend that the kernel still configures devices, or that it does not any
 * more.
 */
void	kt_set_cold(bool on);

/*
 * Get the value of a sysctl of size bytes.  Returns an errno.  kt_sysctl_set()
 * sets it, ...
 */
int	kt_sysctl_get(const char *name, void *val, size_t size);
int	kt_sysctl_set(const char *name, const void *val, size_t size);
/* ... and kt_sysctl_size() returns only its size. */
int	kt_sysctl_size(const char *name, size_t *size);

/*
 * A program that opens a device node, for reading and writing, and reads and
 * writes it.  Returns null, or the number of bytes or a negative errno.
 */
void	*kt_open(const char *name);
int64_t	kt_read(void *program, void *buf, size_t len);
int64_t	kt_write(void *program, const void *buf, size_t len);
void	kt_close(void *program);

/* The newest bytes that random(4) took, at most len; returns how many. */
size_t	kt_random_newest(void *buf, size_t len);

/* Set a variable of the kernel environment. */
void	kt_setenv(const char *name, const char *value);

/*
 * Devices.  attach gets a device_t and makes the state that detach gets.  The
 * errno of either is returned.
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

/* Raise the device's interrupt, which is an edge. */
void	kt_dev_raise(void);

/* A sound card, "pcm0", without hardware. */
int	kt_pcm_attach(const struct kt_driver *driver, void **state);
void	kt_pcm_detach(void);

/*
 * Try to detach the card.  Returns newbus's errno; the card stays unless it is
 * 0.
 */
int	kt_pcm_try_detach(void);

/*
 * Play buf on the card, 48 kHz S16_LE stereo, as a program does.  The program
 * waits for the end, or gives up once everything is written.  Returns an errno.
 */
int	kt_pcm_play(const void *buf, size_t len, bool give_up);

/*
 * Start the card's channel of that direction, or give it other blocks, as a
 * thread may do that found it stopped.  Returns an errno.
 */
int	kt_pcm_start(bool record);
int	kt_pcm_resize(bool record, uint32_t size, uint32_t count);

/* The card's mixer, by tk_mixer_set() and similar functions. */
int	kt_pcm_set_level(uint32_t control, uint32_t left, uint32_t right);
int	kt_pcm_get_level(uint32_t control, uint32_t *left, uint32_t *right);
int	kt_pcm_mute(uint32_t control, bool muted);
int	kt_pcm_muted(uint32_t control, bool *muted);
int	kt_pcm_set_recsrc(uint32_t sources);
uint32_t kt_pcm_recsrc(void);

/*
 * A virtio device with one queue, whose answers the test decides.  The driver's
 * attach also gets the device's struct kpi_virtio ...
 */
struct kt_virtio_driver {
	int	(*attach)(void *dev, void *virtio, void **state);
	int	(*detach)(void *state);
};

/* How the device answers a request. */
enum kt_answer {
	KT_ECHO,		/* answer with the request's bytes */
	KT_HOLD,		/* keep it until kt_virtio_release() */
	KT_QUIET,		/* KT_ECHO without an interrupt */
	KT_LONG,		/* claim one byte more than has room */
	KT_SHORT,		/* answer with its first byte */
	KT_NOTHING,		/* claim as much as KT_ECHO, write nothing */
};

/* ... and bus is "virtio_mmio" or "virtio_pci". */
int	kt_virtio_attach(const struct kt_virtio_driver *driver, const char *bus,
	    enum kt_answer how, void **state);
void	kt_virtio_detach(void);

/*
 * Try to detach it.  Returns newbus's errno; the device stays unless it is 0.
 */
int	kt_virtio_try_detach(void);

/* How to answer from the next request on. */
void	kt_virtio_answer(enum kt_answer how);

/* Answer the request that is held, with the request's bytes. */
void	kt_virtio_release(void);

/* A driver that notifies the device waits so long for it, in microseconds. */
void	kt_virtio_slow_notify(int usec);

/* How many requests the device has taken. */
int	kt_virtio_requests(void);

/* The features that it offers from the next negotiation on. */
void	kt_virtio_offer(uint64_t features);

/* Let the device report that its configuration changed. */
void	kt_virtio_config_change(void);

/*
 * Let the device raise the interrupt that all queues share, though it has used
 * nothing.  On bus "virtio_mmio".
 */
void	kt_virtio_interrupt(void);

/*
 * Give the machine the device tree of that name (tk_ofw.h).  Returns the device
 * of the node at path.  kt_tree_end() ends both.
 */
void	*kt_tree(const char *name, const char *path);
void	kt_tree_end(void);

/*
 * Make a coprocessor of the model, which runs RTKit and sends back each message
 * to endpoint 0x20.  Returns the device that may be its client.  With own, it
 * asks for memory of its own for its logs.  kt_rtkit_down() ends it.
 */
void	*kt_rtkit_up(bool own);
void	kt_rtkit_down(void);

/* Let it crash.  Let it log this; false if it cannot. */
void	kt_rtkit_crash(void);
bool	kt_rtkit_log(const char *text);

/*
 * Make a helper coprocessor of the model, which can crash.  Returns the device
 * that may be its client.  kt_helper_down() ends it.
 */
void	*kt_helper_up(void);
void	kt_helper_crash(void);
void	kt_helper_down(void);

/* Take newbus's lock, as an attach method has it, or release it. */
void	kt_topo(bool lock);

/*
 * Write to guest RAM or read from it, as a device does.  Returns false if there
 * is no RAM.
 */
bool	kt_ram_write(uint64_t paddr, const void *from, size_t len);
bool	kt_ram_read(uint64_t paddr, void *to, size_t len);

/*
 * A PCI function, with its driver attached: kt_pci_up() returns the device.
 * kt_pci_message() has it send its first message, and kt_pci_pin() assert or
 * negate its pin.
 */
void	*kt_pci_up(void);
void	kt_pci_message(void);
void	kt_pci_pin(bool up);
void	kt_pci_down(void);

#endif /* !_KT_H_ */
