/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A device: its softc, its name in messages, its sysctl(9) tree, its tunables.
 */
#ifndef _KPI_DEV_H_
#define	_KPI_DEV_H_

#include "kpi.h"

#include <sys/bus.h>
#include <sys/sysctl.h>

/* The driver's per-device memory, zeroed before attach.  Any context. */
void	*kpi_dev_softc(device_t dev);

/* Name with unit, such as "pcm0"; lives as long as the device. */
const char *kpi_dev_nameunit(device_t dev);

/* Unit number. */
int	kpi_dev_unit(device_t dev);

/*
 * What is known of a device when it may be gone: who still holds a part of it.
 * Its memory is used again for another device, and freed with the module: who
 * has its address looks at kdr_word first, which is the caller's.
 */
struct kpi_dev_record {
	volatile uint64_t	 kdr_word;
	device_t		 kdr_dev;
	struct kpi_dev_record	*kdr_next;
};

/* One that nobody uses, with kdr_word as its last user left it.  Sleepable. */
struct kpi_dev_record *kpi_dev_record_get(device_t dev);

/* Leave it to others.  No filter. */
void	kpi_dev_record_put(struct kpi_dev_record *rec);

/*
 * Print len bytes of text as one message of the device: "pcm0: text".  A
 * newline is added.  Any context.
 */
void	kpi_dev_message(device_t dev, const char *text, size_t len);

/*
 * The same for the kernel's log alone, as LOG_INFO: syslogd(8) has it, and the
 * console only while nobody reads the log.
 */
void	kpi_dev_log(device_t dev, const char *text, size_t len);

/*
 * Tell devd(8) of an event: strings as devd.conf(5) matches them, data being
 * "name=value" pairs.  Lost if there is no memory now.  No filter.
 */
void	kpi_dev_notify(const char *system, const char *subsystem,
	    const char *type, const char *data);

/* Print len bytes of text to the console as they are.  Any context. */
void	kpi_message(const char *text, size_t len);

/* panic(9) with len bytes of text.  Does not return. */
void	kpi_panic(const char *text, size_t len) __dead2;

/*
 * Set *val from the kernel environment, "hint"-like loader tunables included
 * ("hw.virtio_snd.timeout=500"); untouched if it is not set or not a number.
 * Returns true if it was set.  Sleepable.
 */
bool	kpi_tunable_int(const char *name, int *val);

/*
 * The sysctl(9) nodes that a driver adds below its device's own (dev.NAME.UNIT)
 * and takes away before the memory that they show is freed: the device's own
 * context lives longer than its softc.
 */
struct kpi_sysctl {
	device_t		ks_dev;		/* NULL: not initialised */
	struct sysctl_ctx_list	ks_ctx;
	volatile uintptr_t	ks_values;	/* what functions are behind */
};

/* Start with no nodes.  Sleepable. */
void	kpi_sysctl_init(struct kpi_sysctl *ks, device_t dev);

/*
 * Remove every node and wait for those that are being read.  Does nothing if
 * not initialised.  Sleepable; hold nothing.
 */
void	kpi_sysctl_fini(struct kpi_sysctl *ks);

/*
 * Add a node, or a 64-bit counter that can be read, below parent, NULL: the
 * device's own node.  name and descr are copied; *val outlives the counter.
 * Sleepable.  NULL or ENOMEM: no memory, or the name is taken.
 */
struct sysctl_oid *kpi_sysctl_node(struct kpi_sysctl *ks,
	    struct sysctl_oid *parent, const char *name, const char *descr);
int	kpi_sysctl_u64(struct kpi_sysctl *ks, struct sysctl_oid *parent,
	    const char *name, const char *descr, const uint64_t *val);

/* As kpi_sysctl_u64(), for a 32-bit value that the administrator may set. */
int	kpi_sysctl_u32_rw(struct kpi_sysctl *ks, struct sysctl_oid *parent,
	    const char *name, const char *descr, uint32_t *val);

/*
 * What a node's value is asked of when it is read, and told when it is set,
 * which NULL forbids.  arg and which are the node's.  A text is at most size
 * bytes, with its NUL.
 *
 * Called by whoever accesses the node, by several at once: sleepable.  They
 * get the errno that is returned.
 */
struct kpi_sysctl_int_ops {
	int	(*ksi_get)(void *arg, uint32_t which, int *val);
	int	(*ksi_set)(void *arg, uint32_t which, int val);
};
struct kpi_sysctl_text_ops {
	int	(*kst_get)(void *arg, uint32_t which, char *text, size_t size);
	int	(*kst_set)(void *arg, uint32_t which, const char *text);
};

/*
 * Likewise for an array of numbers, or a text of any length: its bytes, of
 * which there is room for *len.  ksa_get sets *len to how many there are.
 */
struct kpi_sysctl_array_ops {
	int	(*ksa_get)(void *arg, uint32_t which, void *buf, size_t *len);
	int	(*ksa_set)(void *arg, uint32_t which, const void *buf,
		    size_t len);
};

/* What an array is of; a text needs no NUL. */
enum kpi_sysctl_kind {
	KPI_SYSCTL_INT,
	KPI_SYSCTL_S64,
	KPI_SYSCTL_U8,
	KPI_SYSCTL_U32,
	KPI_SYSCTL_CHAR,
};

/* Bytes of the longest text, with its NUL, and of the longest array. */
#define	KPI_SYSCTL_TEXT		256
#define	KPI_SYSCTL_ARRAY	65536

/*
 * As kpi_sysctl_u64(), for an integer, which sysctl(8) shows as format says
 * ("I", or "IK" for tenths of a kelvin), and for a text.  ops, arg and format
 * outlive the node.
 */
int	kpi_sysctl_int(struct kpi_sysctl *ks, struct sysctl_oid *parent,
	    const char *name, const char *descr, const char *format,
	    const struct kpi_sysctl_int_ops *ops, void *arg, uint32_t which);
int	kpi_sysctl_text(struct kpi_sysctl *ks, struct sysctl_oid *parent,
	    const char *name, const char *descr,
	    const struct kpi_sysctl_text_ops *ops, void *arg, uint32_t which);

/*
 * As kpi_sysctl_int(), for an array of at most size bytes.  A program that sets
 * more gets EINVAL.  EINVAL: size is more than KPI_SYSCTL_ARRAY.
 */
int	kpi_sysctl_array(struct kpi_sysctl *ks, struct sysctl_oid *parent,
	    const char *name, const char *descr, enum kpi_sysctl_kind kind,
	    size_t size, const struct kpi_sysctl_array_ops *ops, void *arg,
	    uint32_t which);

#ifndef KPI_BINDGEN
KPI_INLINE void *
kpi_dev_softc(device_t dev)
{
	return (device_get_softc(dev));
}
#endif /* !KPI_BINDGEN */

#endif /* !_KPI_DEV_H_ */
