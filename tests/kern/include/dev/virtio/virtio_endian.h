/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Byte order of memory that driver ("guest") and device ("host") share:
 * little-endian for a modern device, the guest's own for a legacy one.
 */

#ifndef _VIRTIO_ENDIAN_H_
#define	_VIRTIO_ENDIAN_H_

#include <sys/endian.h>
#ifndef _KERNEL
#include <stdbool.h>
#endif /* _KERNEL */

static inline uint16_t
virtio_htog16(bool modern, uint16_t val)
{

	return (modern ? le16toh(val) : val);
}

static inline uint16_t
virtio_gtoh16(bool modern, uint16_t val)
{

	return (modern ? htole16(val) : val);
}

static inline uint32_t
virtio_htog32(bool modern, uint32_t val)
{

	return (modern ? le32toh(val) : val);
}

static inline uint32_t
virtio_gtoh32(bool modern, uint32_t val)
{

	return (modern ? htole32(val) : val);
}

static inline uint64_t
virtio_htog64(bool modern, uint64_t val)
{

	return (modern ? le64toh(val) : val);
}

static inline uint64_t
virtio_gtoh64(bool modern, uint64_t val)
{

	return (modern ? htole64(val) : val);
}

#endif /* _VIRTIO_ENDIAN_H_ */
