/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Conversion between the host's byte order and a given one: byteorder(9). */

#ifndef _SYS_ENDIAN_H_
#define	_SYS_ENDIAN_H_

#include <stdint.h>

#include <sys/cdefs.h>
#include <sys/_types.h>
#include <machine/endian.h>

#define	bswap16(x)	__bswap16(x)
#define	bswap32(x)	__bswap32(x)
#define	bswap64(x)	__bswap64(x)

#if _BYTE_ORDER == _LITTLE_ENDIAN
#define	htobe16(x)	bswap16((x))
#define	htobe32(x)	bswap32((x))
#define	htobe64(x)	bswap64((x))
#define	htole16(x)	((uint16_t)(x))
#define	htole32(x)	((uint32_t)(x))
#define	htole64(x)	((uint64_t)(x))
#define	be16toh(x)	bswap16((x))
#define	be32toh(x)	bswap32((x))
#define	be64toh(x)	bswap64((x))
#define	le16toh(x)	((uint16_t)(x))
#define	le32toh(x)	((uint32_t)(x))
#define	le64toh(x)	((uint64_t)(x))
#else
#define	htobe16(x)	((uint16_t)(x))
#define	htobe32(x)	((uint32_t)(x))
#define	htobe64(x)	((uint64_t)(x))
#define	htole16(x)	bswap16((x))
#define	htole32(x)	bswap32((x))
#define	htole64(x)	bswap64((x))
#define	be16toh(x)	((uint16_t)(x))
#define	be32toh(x)	((uint32_t)(x))
#define	be64toh(x)	((uint64_t)(x))
#define	le16toh(x)	bswap16((x))
#define	le32toh(x)	bswap32((x))
#define	le64toh(x)	bswap64((x))
#endif

/* The same for unaligned bytes in memory. */
#define	TK_ENDIAN_CODEC(order, bits)					\
static __inline uint##bits##_t						\
order##bits##dec(const void *pp)					\
{									\
	uint##bits##_t u;						\
									\
	__builtin_memcpy(&u, pp, sizeof(u));				\
	return (order##bits##toh(u));					\
}									\
static __inline void							\
order##bits##enc(void *pp, uint##bits##_t u)				\
{									\
									\
	u = hto##order##bits(u);					\
	__builtin_memcpy(pp, &u, sizeof(u));				\
}
TK_ENDIAN_CODEC(be, 16)
TK_ENDIAN_CODEC(be, 32)
TK_ENDIAN_CODEC(be, 64)
TK_ENDIAN_CODEC(le, 16)
TK_ENDIAN_CODEC(le, 32)
TK_ENDIAN_CODEC(le, 64)
#undef TK_ENDIAN_CODEC

#endif /* !_SYS_ENDIAN_H_ */
