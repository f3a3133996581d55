/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * QEMU's devices below the test kernel: virtio-sound-pci, another virtio device
 * on PCI, or any PCI device.
 * QEMU runs as a child process whose processor only halts; its registers are
 * reached through the qtest protocol, guest RAM is memory that both processes
 * map, and messages (MSI, MSI-X) are stores into a page of that RAM, which a
 * thread watches.  The devices run in real time.
 *
 * Threaded mode only: the device knows nothing of virtual time.
 *
 *	struct tk_qtest_config c = { .wav = "out.wav", ... };
 *	error = tk_qtest_open(&c, &q);
 *	tk_qtest_boot(q);
 *	tk_virtio_attach("virtio_pci", &tk_qtest_ops, q, 25, &error);
 *	...
 *	tk_virtio_detach(bus);
 *	tk_shutdown();
 *	error = tk_qtest_close(q);
 *
 * A PCI device is one of a machine, which the test kernel's PCI bus drives:
 *
 *	struct tk_qtest_config c = { .device = TK_QTEST_PCI,
 *	    .pci = "edu,addr=1" };
 *	...
 *	pcib = tk_pci_attach(tk_qtest_pci(q));
 *
 * Errors are errno values that all systems share (up to ERANGE); each has been
 * reported by one line that says what is wrong.  When QEMU goes away in the
 * middle, the first operation to notice reports it; from then on registers
 * read as all ones, as those of a removed PCI device do, and tk_qtest_close()
 * returns the error.
 *
 * Both sides of the gate may include this header.
 */

#ifndef _QTEST_H_
#define	_QTEST_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tk_pci.h"
#include "tk_virtio.h"

struct tk_qtest;

/*
 * The format in which QEMU writes the sound that it plays.
 *
 * QEMU's own WAV writer knows 8 and 16 bits.  The samples then pass through
 * QEMU's mixer.  It changes no sample if the file has the stream's rate and
 * width and two channels.  For a stream of one channel, both channels of the
 * file are copies of it.  (In a file of one channel QEMU would write the sum of
 * the two copies.)
 *
 * TK_QTEST_WAV_RAW bypasses the mixer.  The stream's bytes are written to the
 * file as they are.  The file's header does not describe them, and they are
 * played at TK_QTEST_RAW_BYTES a second, which need not be real time.
 */
enum tk_qtest_wav {
	TK_QTEST_WAV_U8,
	TK_QTEST_WAV_S8,
	TK_QTEST_WAV_S16,
	TK_QTEST_WAV_RAW
};

#define	TK_QTEST_RAW_BYTES	176400	/* 44,100 frames of four bytes */
#define	TK_QTEST_WAV_FRAMES	1024	/* that QEMU takes ahead of writing */

/*
 * Which device.  The second and third are the program vhost-device-sound behind
 * QEMU's vhost-user-snd-pci.  They have one stream out, one in and one vector;
 * the numbers in struct tk_qtest_config have no effect on them.
 * - The null backend returns each period to be played at once, without reading
 *   it.  It never returns a period to be recorded, not even at RELEASE.
 * - The ALSA backend plays to tests/vhost/alsa_card.c, which keeps time.  The
 *   file holds the bytes of the stream that it played, below a header that may
 *   not describe them.  Version 0.3.0 drops the last four bytes of each period.
 */
enum tk_qtest_device {
	TK_QTEST_QEMU,
	TK_QTEST_VHOST_NULL,
	TK_QTEST_VHOST_ALSA,
	TK_QTEST_PCI		/* what .pci says, behind tk_qtest_pci() */
};

/*
 * A zero or NULL member means the default that is named beside it.
 *
 * With `arg', which is what follows -device, it is another virtio device of
 * QEMU's on PCI.  It must be a modern one, with ioeventfd=off.  virtio_type is
 * its type.  The members about sound have no effect then.
 */
struct tk_qtest_config {
	enum tk_qtest_device device;	/* QEMU's own */
	const char	*pci;		/* PCI: as QEMU's -device; no default */
	const char	*arg;		/* sound */
	uint16_t	 virtio_type;	/* 25, sound */
	const char	*qemu;		/* qemu-system-x86_64, from PATH */
	const char	*vhost;		/* $VHOST_DEVICE_SOUND, or from PATH */
	const char	*hear;		/* ALSA: file to record; none */
	const char	*wav;		/* file to write; none: silence */
	enum tk_qtest_wav wav_format;
	uint32_t	 wav_rate;	/* 48000 frames a second */
	uint32_t	 streams;	/* 2: one out, one in */
	uint32_t	 jacks;		/* counted, and never described */
	uint32_t	 chmaps;	/* likewise */
	uint32_t	 vectors;	/* 5: configuration, one a queue */
	bool		 iommu_platform; /* insist on ACCESS_PLATFORM */
	size_t		 ram_size;	/* 64 MiB */
	bool		 monitor;	/* for tk_qtest_command() */
	/*
	 * Called with each line about an error, without newline.  NULL: stderr.
	 */
	void		(*report)(const char *line);
};

/*
 * Start QEMU and find its device.  ENOENT: no such program; ENODEV: it is too
 * old or lacks the device; others: see the reported line.  On an error nothing
 * is left behind.  The thread that calls this must outlive the device: when it
 * ends, the host kills QEMU.
 */
int	tk_qtest_open(const struct tk_qtest_config *, struct tk_qtest **);

/*
 * Let QEMU finish its file, end it and free everything.  Returns the first
 * error since tk_qtest_open(), or 0.  NULL is allowed.
 */
int	tk_qtest_close(struct tk_qtest *);

/* The operations; their pointer is the struct tk_qtest. */
extern const struct tk_virtio_ops tk_qtest_ops;

/*
 * The PCI bus of QEMU's machine, with TK_QTEST_PCI alone.  Its memory begins at
 * the first MiB, below what a device with 28 bits of an address reaches.
 */
const struct tk_pci_machine *tk_qtest_pci(struct tk_qtest *);

/* Guest RAM free for the test kernel: below 4 GiB, above the first MiB. */
struct tk_qtest_ram {
	void		*base;		/* where this process maps it */
	uint64_t	 paddr;		/* where QEMU's devices see it */
	size_t		 size;
};
struct tk_qtest_ram tk_qtest_ram(struct tk_qtest *);

/* Boot the test kernel in that memory. */
void	tk_qtest_boot(struct tk_qtest *);

/*
 * Give QEMU's monitor a command: a line of QMP, such as
 *	{"execute": "balloon", "arguments": {"value": 33554432}}
 * The answer is a line that begins with {"return".  What does not fit into len
 * bytes is dropped.  answer may be NULL.  One thread at a time calls this.
 * Returns EINVAL if QEMU refuses the command, and reports QEMU's words.
 */
int	tk_qtest_command(struct tk_qtest *, const char *command, char *answer,
	    size_t len);

/* The first error since tk_qtest_open(), 0 if there was none. */
int	tk_qtest_error(struct tk_qtest *);

/* "10.0.2" */
const char *tk_qtest_version(struct tk_qtest *);
/* Process id of QEMU, 0 once it is gone; for tests. */
int	tk_qtest_pid(struct tk_qtest *);
/* Process id of vhost-device-sound, 0 if there is none; for tests. */
int	tk_qtest_vhost_pid(struct tk_qtest *);

struct tk_qtest_stats {
	uint64_t	requests;	/* lines of the protocol */
	uint64_t	mmio_reads;
	uint64_t	mmio_writes;	/* notifications included */
	uint64_t	kicks;		/* notifications of queues */
	uint64_t	messages;	/* MSI-X messages seen */
	uint64_t	watches;	/* looks at the message page */
};
struct tk_qtest_stats tk_qtest_stats(struct tk_qtest *);

#endif /* !_QTEST_H_ */
