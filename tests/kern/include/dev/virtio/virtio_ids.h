/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Virtio device types, by number (VIRTIO 1.2, section 5): those that FreeBSD
 * 15 names.
 */

#ifndef _VIRTIO_IDS_H_
#define	_VIRTIO_IDS_H_

#define	VIRTIO_ID_NETWORK	1
#define	VIRTIO_ID_BLOCK		2
#define	VIRTIO_ID_CONSOLE	3
#define	VIRTIO_ID_ENTROPY	4
#define	VIRTIO_ID_BALLOON	5
#define	VIRTIO_ID_IOMEMORY	6
#define	VIRTIO_ID_RPMSG		7
#define	VIRTIO_ID_SCSI		8
#define	VIRTIO_ID_9P		9
#define	VIRTIO_ID_RPROC_SERIAL	11
#define	VIRTIO_ID_CAIF		12
#define	VIRTIO_ID_GPU		16
#define	VIRTIO_ID_INPUT		18
#define	VIRTIO_ID_VSOCK		19
#define	VIRTIO_ID_CRYPTO	20
#define	VIRTIO_ID_IOMMU		23
#define	VIRTIO_ID_SOUND		25
#define	VIRTIO_ID_FS		26
#define	VIRTIO_ID_PMEM		27
#define	VIRTIO_ID_RPMB		28
#define	VIRTIO_ID_SCMI		32
#define	VIRTIO_ID_GPIO		41

#endif /* _VIRTIO_IDS_H_ */
