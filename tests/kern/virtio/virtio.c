/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The calls of <dev/virtio/virtio.h>: names of devices and features, and calls
 * that a driver makes to its bus.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/module.h>
#include <sys/sbuf.h>

#include <machine/bus.h>

#include <dev/virtio/virtio.h>
#include <dev/virtio/virtqueue.h>

#include "virtio_bus_if.h"

static const struct {
	uint16_t	 id;
	const char	*name;
} virtio_names[] = {
	{ VIRTIO_ID_NETWORK,		"Network" },
	{ VIRTIO_ID_BLOCK,		"Block" },
	{ VIRTIO_ID_CONSOLE,		"Console" },
	{ VIRTIO_ID_ENTROPY,		"Entropy" },
	{ VIRTIO_ID_BALLOON,		"Balloon" },
	{ VIRTIO_ID_IOMEMORY,		"IOMemory" },
	{ VIRTIO_ID_RPMSG,		"Remote Processor Messaging" },
	{ VIRTIO_ID_SCSI,		"SCSI" },
	{ VIRTIO_ID_9P,			"9P Transport" },
	{ VIRTIO_ID_RPROC_SERIAL,	"Remote Processor Serial" },
	{ VIRTIO_ID_CAIF,		"CAIF" },
	{ VIRTIO_ID_GPU,		"GPU" },
	{ VIRTIO_ID_INPUT,		"Input" },
	{ VIRTIO_ID_VSOCK,		"VSOCK Transport" },
	{ VIRTIO_ID_CRYPTO,		"Crypto" },
	{ VIRTIO_ID_IOMMU,		"IOMMU" },
	{ VIRTIO_ID_SOUND,		"Sound" },
	{ VIRTIO_ID_FS,			"Filesystem" },
	{ VIRTIO_ID_PMEM,		"Persistent Memory" },
	{ VIRTIO_ID_RPMB,		"RPMB" },
	{ VIRTIO_ID_SCMI,		"SCMI" },
	{ VIRTIO_ID_GPIO,		"GPIO" },
};

/* Features of every device type. */
static struct virtio_feature_desc virtio_common_features[] = {
	{ VIRTIO_F_NOTIFY_ON_EMPTY,	"NotifyOnEmpty" },
	{ VIRTIO_F_ANY_LAYOUT,		"AnyLayout" },
	{ VIRTIO_RING_F_INDIRECT_DESC,	"RingIndirectDesc" },
	{ VIRTIO_RING_F_EVENT_IDX,	"RingEventIdx" },
	{ VIRTIO_F_BAD_FEATURE,		"BadFeature" },
	{ VIRTIO_F_VERSION_1,		"Version1" },
	{ VIRTIO_F_IOMMU_PLATFORM,	"IOMMUPlatform" },
	{ 0, NULL }
};

const char *
virtio_device_name(uint16_t devid)
{
	u_int i;

	for (i = 0; i < nitems(virtio_names); i++) {
		if (virtio_names[i].id == devid)
			return (virtio_names[i].name);
	}
	return (NULL);
}

static const char *
virtio_feature_name(uint64_t bit, const struct virtio_feature_desc *desc)
{

	for (; desc != NULL && desc->vfd_val != 0; desc++) {
		if (desc->vfd_val == bit)
			return (desc->vfd_str);
	}
	return (NULL);
}

/*
 * Write "0x100000003 <Version1,...>", highest bit first, and finish the buffer.
 * Returns sbuf_finish()'s errno.
 */
int
virtio_describe_sbuf(struct sbuf *sb, uint64_t features,
    struct virtio_feature_desc *desc)
{
	const char *name, *lead;
	uint64_t bit;

	sbuf_printf(sb, "%#jx", (uintmax_t)features);
	lead = " <";
	for (bit = 1ULL << 63; bit != 0; bit >>= 1) {
		/* BAD_FEATURE only detects broken drivers: not printed. */
		if ((features & bit) == 0 || bit == VIRTIO_F_BAD_FEATURE)
			continue;
		name = virtio_feature_name(bit, desc);
		if (name == NULL)
			name = virtio_feature_name(bit,
			    virtio_common_features);
		if (name != NULL)
			sbuf_printf(sb, "%s%s", lead, name);
		else
			sbuf_printf(sb, "%s%#jx", lead, (uintmax_t)bit);
		lead = ",";
	}
	if (*lead == ',')
		sbuf_cat(sb, ">");
	return (sbuf_finish(sb));
}

/* Print features, as "msg features: ..."; does not sleep. */
void
virtio_describe(device_t dev, const char *msg, uint64_t features,
    struct virtio_feature_desc *desc)
{
	struct sbuf sb;
	char *buf;
	int error;

	error = ENOMEM;
	buf = malloc(1024, M_TEMP, M_NOWAIT);
	if (buf != NULL) {
		sbuf_new(&sb, buf, 1024, SBUF_FIXEDLEN);
		error = virtio_describe_sbuf(&sb, features, desc);
		if (error == 0)
			device_printf(dev, "%s features: %s\n", msg,
			    sbuf_data(&sb));
		sbuf_delete(&sb);
		free(buf, M_TEMP);
	}
	if (error != 0)
		device_printf(dev, "%s features: %#jx\n", msg,
		    (uintmax_t)features);
}

uint64_t
virtio_filter_transport_features(uint64_t features)
{
	uint64_t known, transport;

	transport = (1ULL << VIRTIO_TRANSPORT_F_END) -
	    (1ULL << VIRTIO_TRANSPORT_F_START);
	known = VIRTIO_RING_F_INDIRECT_DESC | VIRTIO_RING_F_EVENT_IDX |
	    VIRTIO_F_VERSION_1;
	return (features & (~transport | known));
}

bool
virtio_bus_is_modern(device_t dev)
{

	return (virtio_get_modern(dev) != 0);
}

void
virtio_read_device_config_array(device_t dev, bus_size_t offset, void *dst,
    int size, int count)
{
	int gen, i;

	do {
		gen = virtio_config_generation(dev);
		for (i = 0; i < count; i++)
			virtio_read_device_config(dev, offset + i * size,
			    (char *)dst + i * size, size);
	} while (gen != virtio_config_generation(dev));
}

/* *val is -1 when the bus does not know the variable. */
void
virtio_read_ivar(device_t dev, int ivar, uintptr_t *val)
{

	*val = -1;
	BUS_READ_IVAR(device_get_parent(dev), dev, ivar, val);
}

void
virtio_write_ivar(device_t dev, int ivar, uintptr_t val)
{

	BUS_WRITE_IVAR(device_get_parent(dev), dev, ivar, val);
}

uint64_t
virtio_negotiate_features(device_t dev, uint64_t child_features)
{

	return (VIRTIO_BUS_NEGOTIATE_FEATURES(device_get_parent(dev),
	    child_features));
}

int
virtio_finalize_features(device_t dev)
{

	return (VIRTIO_BUS_FINALIZE_FEATURES(device_get_parent(dev)));
}

int
virtio_alloc_virtqueues(device_t dev, int nvqs, struct vq_alloc_info *info)
{

	return (VIRTIO_BUS_ALLOC_VIRTQUEUES(device_get_parent(dev), nvqs,
	    info));
}

int
virtio_setup_intr(device_t dev, enum intr_type type)
{

	return (VIRTIO_BUS_SETUP_INTR(device_get_parent(dev), type));
}

bool
virtio_with_feature(device_t dev, uint64_t feature)
{

	return (VIRTIO_BUS_WITH_FEATURE(device_get_parent(dev), feature));
}

void
virtio_stop(device_t dev)
{

	VIRTIO_BUS_STOP(device_get_parent(dev));
}

int
virtio_reinit(device_t dev, uint64_t features)
{

	return (VIRTIO_BUS_REINIT(device_get_parent(dev), features));
}

void
virtio_reinit_complete(device_t dev)
{

	VIRTIO_BUS_REINIT_COMPLETE(device_get_parent(dev));
}

int
virtio_config_generation(device_t dev)
{

	return (VIRTIO_BUS_CONFIG_GENERATION(device_get_parent(dev)));
}

void
virtio_read_device_config(device_t dev, bus_size_t offset, void *dst, int len)
{

	VIRTIO_BUS_READ_DEVICE_CONFIG(device_get_parent(dev), offset, dst,
	    len);
}

void
virtio_write_device_config(device_t dev, bus_size_t offset, const void *src,
    int len)
{

	VIRTIO_BUS_WRITE_DEVICE_CONFIG(device_get_parent(dev), offset, src,
	    len);
}

/* What devmatch(8) matches with VIRTIO_SIMPLE_PNPINFO(). */
int
virtio_child_pnpinfo(device_t busdev __unused, device_t child, struct sbuf *sb)
{

	sbuf_printf(sb, "vendor=0x%08x device=0x%04x subvendor=0x%04x "
	    "device_type=0x%08x", (unsigned)virtio_get_vendor(child),
	    (unsigned)virtio_get_device(child),
	    (unsigned)virtio_get_subvendor(child),
	    (unsigned)virtio_get_device_type(child));
	return (0);
}

static int
virtio_modevent(module_t mod __unused, int type, void *arg __unused)
{

	switch (type) {
	case MOD_LOAD:
	case MOD_QUIESCE:
	case MOD_UNLOAD:
	case MOD_SHUTDOWN:
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}

static moduledata_t virtio_mod = { "virtio", virtio_modevent, NULL };

DECLARE_MODULE(virtio, virtio_mod, SI_SUB_DRIVERS, SI_ORDER_FIRST);
MODULE_VERSION(virtio, 1);
