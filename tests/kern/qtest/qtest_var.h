/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the files behind qtest.h share: child processes (host_spawn.c), QEMU
 * (host_qemu.c), vhost-device-sound (host_vhost.c), the protocol
 * (host_qtest.c), the monitor (host_qmp.c), PCI (host_qpci.c, and host_pci.c
 * for the test kernel's bus), MSI-X (host_msix.c) and virtio over PCI
 * (host_virtio_pci.c).  Host side only.
 */

#ifndef _QTEST_VAR_H_
#define	_QTEST_VAR_H_

#include <sys/types.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "qtest.h"

#define	QTEST_LINE	256		/* longest line sent or received */

/*
 * Guest-physical memory.  The test kernel's part starts above a PC's firmware
 * and video addresses.  The message page lies below them, in ordinary RAM.
 */
#define	QTEST_MSIX_PADDR	UINT64_C(0x10000)
#define	QTEST_RAM_PADDR		UINT64_C(0x100000)
#define	QTEST_PAGE		4096

/*
 * Child processes
 */

struct spawn {
	char	*const *argv;
	char	*const *env;		/* NULL: ours */
	int	 out;			/* its standard output; -1: none */
	int	 err;			/* its standard error; -1: none */
	const int *keep;		/* further descriptors, same numbers */
	int	 nkeep;
};

/*
 * Start a program.  Returns 0 and its process id, or the errno why it cannot
 * run.
 */
int	qtest_spawn(const struct spawn *, pid_t *);
/* Wait until it ends, at most ms; returns whether it did. */
bool	qtest_reap(pid_t, int64_t ms, int *status);
/* Ask the process to end.  If it does not within ms, kill it.  Clears *pid. */
void	qtest_end(pid_t *pid, int64_t ms);
/* Run a program with these arguments and take what it prints. */
int	qtest_query(const char *program, const char *arg1, const char *arg2,
	    char *buf, size_t len);
/*
 * The last line in the file with what a program printed, without QEMU's name;
 * or an empty string.
 */
void	qtest_last_words(int fd, char *buf, size_t len);
int64_t	qtest_now_ms(void);
void	qtest_close_fd(int *);

/*
 * The QEMU process
 */

struct qemu {
	pid_t		 pid;		/* 0: none, or reaped */
	int		 ram_fd;	/* guest RAM from address 0 */
	int		 bios_fd;
	int		 stderr_fd;	/* what QEMU said */
	char		 version[32];
};

struct tk_qtest;

int	qemu_check(struct tk_qtest *, const struct tk_qtest_config *);
/* The monitor's end goes into struct tk_qtest, if one is requested. */
int	qemu_start(struct tk_qtest *, const struct tk_qtest_config *,
	    size_t ram, int *sock);
/*
 * Ask QEMU to end, and kill it if it does not.  Frees all that struct qemu has.
 */
void	qemu_stop(struct qemu *);
/* Why QEMU is gone, as far as is known.  Waits shortly for its end. */
void	qemu_obituary(struct qemu *, char *buf, size_t len);

/*
 * The device behind vhost-user-snd-pci
 */

struct vhost {
	pid_t		 pid;		/* 0: none */
	int		 stderr_fd;
	char		 folder[96];	/* with its socket; "": none */
	char		*wav;		/* to be made of what it played */
	uint32_t	 wav_rate;
};

/* Is the program there? */
int	vhost_check(struct tk_qtest *, const struct tk_qtest_config *);
/* Start it.  On return it listens. */
int	vhost_start(struct tk_qtest *, const struct tk_qtest_config *);
const char *vhost_socket(const struct vhost *);
/*
 * End it, after QEMU, and make the WAV file.  Returns an error that was
 * reported.
 */
int	vhost_stop(struct tk_qtest *);

/*
 * PCI
 */

#define	QPCI_BARS	6
#define	QPCI_CAPS	16

struct qpci_bar {
	uint64_t	 addr;		/* 0: none, or not memory */
	uint64_t	 size;
};

struct qpci_dev {
	uint8_t		 devfn;
	struct qpci_bar	 bar[QPCI_BARS];
	uint8_t		 cap_id[QPCI_CAPS];
	uint8_t		 cap_off[QPCI_CAPS];
	int		 ncaps;
};

int	qpci_find(struct tk_qtest *, uint16_t vendor, uint16_t device,
	    struct qpci_dev *);
int	qpci_enable(struct tk_qtest *, struct qpci_dev *);
uint32_t qpci_config_read(struct tk_qtest *, const struct qpci_dev *, int off,
	    int width);
void	qpci_config_write(struct tk_qtest *, const struct qpci_dev *, int off,
	    int width, uint32_t value);
/* Index in cap_off of the next capability of this kind from start; or -1. */
int	qpci_cap(const struct qpci_dev *, uint8_t id, int start);

/*
 * MSI-X
 *
 * Locks: (w) msix_lock; (c) constant while the watcher runs; (a) atomic.
 */

#define	MSIX_VECTORS	(1 + TK_VIRTIO_MAXQ)

struct msix {
	uint64_t	 table;		/* (c) address of the table */
	int		 cap;		/* (c) offset in configuration space */
	int		 nvectors;	/* (c) usable */
	uint8_t		*page;		/* (c) the watched page */
	void		(*raise)(void *, int vector);	/* (c) */
	void		*arg;		/* (c) */

	pthread_t	 watcher;
	bool		 running;	/* is there a watcher? */
	pthread_mutex_t	 lock;
	pthread_cond_t	 wake;
	bool		 stop;		/* (w) */
	uint32_t	 nudges;	/* (w) */
	uint64_t	 messages;	/* (a) */
	uint64_t	 watches;	/* (a) */
};

int	msix_init(struct tk_qtest *, struct msix *, struct qpci_dev *);
void	msix_fini(struct msix *);
/* Point the vectors at the page and watch it; again after a device reset. */
int	msix_start(struct tk_qtest *, struct msix *, struct qpci_dev *,
	    void (*raise)(void *, int vector), void *arg);
/* On return no call of raise() is running, and none will start. */
void	msix_stop(struct tk_qtest *, struct msix *, struct qpci_dev *);
/* A message may have arrived: poll now. */
void	msix_nudge(struct msix *);

/*
 * virtio over PCI
 */

struct vpci_window {
	uint64_t	 addr;
	uint32_t	 len;		/* 0: there is none */
};

struct vpci {
	struct qpci_dev	 pci;
	struct msix	 msix;
	struct vpci_window common, notify, isr, device;
	uint32_t	 notify_multiplier;
	pthread_mutex_t	 lock;		/* selector registers */
	bool		 lock_ready;
	struct _device	*bus;		/* to raise interrupts on */
	bool		 intr;		/* vectors wanted */
	uint16_t	 nqueues;
	/* Where to notify; 0 while the queue is off. */
	uint64_t	 notify_addr[TK_VIRTIO_MAXQ];
};

/* type: of virtio device; 0: sound. */
int	vpci_init(struct tk_qtest *, uint16_t type);
void	vpci_fini(struct tk_qtest *);

/*
 * The machine's PCI bus, for the test kernel's
 *
 * Locks: (h) host.lock; (a) atomic; others are constant while the watcher runs.
 */

#define	QPCI_LINES	24		/* inputs of the I/O APIC */

struct qpci_host {
	struct tk_pci_machine machine;
	pthread_mutex_t	 lock;		/* the two ports are used as one */
	bool		 ready;		/* lock is initialised */
	struct _device	*pcib;		/* (a) to raise interrupts on */
	uint32_t	 lines;		/* (a) that are up, of 24 */
	uint32_t	 shown;		/* (a) that the kernel knows to be up */
	pthread_t	 watcher;
	bool		 running;
	bool		 stop;		/* (a) */
};

int	qpci_host_init(struct tk_qtest *);
void	qpci_host_fini(struct tk_qtest *);
/* Let the kernel see lines that have changed.  With no lock held. */
void	qpci_host_show(struct tk_qtest *);

/*
 * The connection
 *
 * Locks: (s) sock_lock; (a) atomic; others constant after tk_qtest_open().
 * sock_lock guards qemu.pid, too.
 */
struct tk_qtest {
	void		(*report)(const char *);
	struct qemu	 qemu;
	struct vhost	 vhost;
	uint8_t		*ram;		/* guest RAM from address 0 */
	size_t		 ram_size;

	pthread_mutex_t	 sock_lock;
	int		 sock;		/* (s) */
	char		 in[QTEST_LINE];	/* (s) received, not yet used */
	size_t		 in_len;	/* (s) */
	int		 error;		/* (a) the first; ends all traffic */

	int		 monitor;	/* of tk_qtest_command(); -1: none */
	bool		 monitor_ready;

	uint64_t	 requests;	/* (a) */
	uint64_t	 mmio_reads;	/* (a) */
	uint64_t	 mmio_writes;	/* (a) */
	uint64_t	 kicks;		/* (a) */

	struct vpci	 vpci;
	struct qpci_host host;
};

/*
 * Report one line and return the error.  qtest_fail() is for errors that end
 * the connection: only the first is reported.
 */
int	qtest_report(struct tk_qtest *, int error, const char *fmt, ...)
	    __attribute__((__format__(__printf__, 3, 4)));
int	qtest_fail(struct tk_qtest *, int error, const char *fmt, ...)
	    __attribute__((__format__(__printf__, 3, 4)));
/* Is QEMU still there?  Reports and returns false if not. */
bool	qtest_alive(struct tk_qtest *);

/* Memory and I/O ports; width is 1, 2, 4 or (memory) 8 bytes. */
uint64_t qtest_read(struct tk_qtest *, uint64_t addr, int width);
void	qtest_write(struct tk_qtest *, uint64_t addr, int width, uint64_t);
/* Have QEMU tell when an input of the I/O APIC changes. */
void	qtest_intercept(struct tk_qtest *);
/* Take what has come without being asked for; waits at most ms for it. */
void	qtest_listen(struct tk_qtest *, int ms);
uint32_t qtest_in(struct tk_qtest *, uint16_t port, int width);
void	qtest_out(struct tk_qtest *, uint16_t port, int width, uint32_t);

#endif /* !_QTEST_VAR_H_ */
