/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Which speaker each channel of an interleaved frame feeds.  The constants
 * are FreeBSD 15's; the standard maps behind them are in matrix.c, reached
 * through feeder_matrix_id_map() and feeder_matrix_format_map().
 */

#ifndef _SND_MATRIX_H_
#define	_SND_MATRIX_H_

#define	SND_MULTICHANNEL	1

#define	SND_CHN_T_FL		0	/* front left */
#define	SND_CHN_T_FR		1	/* front right */
#define	SND_CHN_T_FC		2	/* front centre */
#define	SND_CHN_T_LF		3	/* low frequency */
#define	SND_CHN_T_BL		4	/* back left */
#define	SND_CHN_T_BR		5	/* back right */
#define	SND_CHN_T_FLC		6	/* front left of centre */
#define	SND_CHN_T_FRC		7	/* front right of centre */
#define	SND_CHN_T_BC		8	/* back centre */
#define	SND_CHN_T_SL		9	/* side left */
#define	SND_CHN_T_SR		10	/* side right */
#define	SND_CHN_T_TC		11	/* top centre */
#define	SND_CHN_T_TFL		12	/* top front left */
#define	SND_CHN_T_TFC		13	/* top front centre */
#define	SND_CHN_T_TFR		14	/* top front right */
#define	SND_CHN_T_TBL		15	/* top back left */
#define	SND_CHN_T_TBC		16	/* top back centre */
#define	SND_CHN_T_TBR		17	/* top back right */
#define	SND_CHN_T_MAX		18
#define	SND_CHN_T_ZERO		(SND_CHN_T_MAX + 1)

#define	SND_CHN_T_LABELS	{					\
	"fl", "fr", "fc", "lf", "bl", "br", "flc", "frc", "bc",		\
	"sl", "sr", "tc", "tfl", "tfc", "tfr", "tbl", "tbc", "tbr"	\
}

#define	SND_CHN_T_MASK_FL	(1 << SND_CHN_T_FL)
#define	SND_CHN_T_MASK_FR	(1 << SND_CHN_T_FR)
#define	SND_CHN_T_MASK_FC	(1 << SND_CHN_T_FC)
#define	SND_CHN_T_MASK_LF	(1 << SND_CHN_T_LF)
#define	SND_CHN_T_MASK_BL	(1 << SND_CHN_T_BL)
#define	SND_CHN_T_MASK_BR	(1 << SND_CHN_T_BR)
#define	SND_CHN_T_MASK_FLC	(1 << SND_CHN_T_FLC)
#define	SND_CHN_T_MASK_FRC	(1 << SND_CHN_T_FRC)
#define	SND_CHN_T_MASK_BC	(1 << SND_CHN_T_BC)
#define	SND_CHN_T_MASK_SL	(1 << SND_CHN_T_SL)
#define	SND_CHN_T_MASK_SR	(1 << SND_CHN_T_SR)
#define	SND_CHN_T_MASK_TC	(1 << SND_CHN_T_TC)
#define	SND_CHN_T_MASK_TFL	(1 << SND_CHN_T_TFL)
#define	SND_CHN_T_MASK_TFC	(1 << SND_CHN_T_TFC)
#define	SND_CHN_T_MASK_TFR	(1 << SND_CHN_T_TFR)
#define	SND_CHN_T_MASK_TBL	(1 << SND_CHN_T_TBL)
#define	SND_CHN_T_MASK_TBC	(1 << SND_CHN_T_TBC)
#define	SND_CHN_T_MASK_TBR	(1 << SND_CHN_T_TBR)

#define	SND_CHN_LEFT_MASK						\
	(SND_CHN_T_MASK_FL | SND_CHN_T_MASK_BL | SND_CHN_T_MASK_FLC |	\
	SND_CHN_T_MASK_SL | SND_CHN_T_MASK_TFL | SND_CHN_T_MASK_TBL)
#define	SND_CHN_RIGHT_MASK						\
	(SND_CHN_T_MASK_FR | SND_CHN_T_MASK_BR | SND_CHN_T_MASK_FRC |	\
	SND_CHN_T_MASK_SR | SND_CHN_T_MASK_TFR | SND_CHN_T_MASK_TBR)
#define	SND_CHN_CENTER_MASK						\
	(SND_CHN_T_MASK_FC | SND_CHN_T_MASK_BC | SND_CHN_T_MASK_TC |	\
	SND_CHN_T_MASK_TFC | SND_CHN_T_MASK_TBC | SND_CHN_T_MASK_LF)

/*
 * Standard maps, named by the total number of channels and, after the dot, how
 * many of them are low frequency ones.
 */
#define	SND_CHN_MATRIX_1_0	0
#define	SND_CHN_MATRIX_2_0	1
#define	SND_CHN_MATRIX_2_1	2
#define	SND_CHN_MATRIX_3_0	3
#define	SND_CHN_MATRIX_3_1	4
#define	SND_CHN_MATRIX_4_0	5
#define	SND_CHN_MATRIX_4_1	6
#define	SND_CHN_MATRIX_5_0	7
#define	SND_CHN_MATRIX_5_1	8
#define	SND_CHN_MATRIX_6_0	9
#define	SND_CHN_MATRIX_6_1	10
#define	SND_CHN_MATRIX_7_0	11
#define	SND_CHN_MATRIX_7_1	12
#define	SND_CHN_MATRIX_MAX	13

/* The default of each number of channels. */
#define	SND_CHN_MATRIX_1	SND_CHN_MATRIX_1_0
#define	SND_CHN_MATRIX_2	SND_CHN_MATRIX_2_0
#define	SND_CHN_MATRIX_3	SND_CHN_MATRIX_3_0
#define	SND_CHN_MATRIX_4	SND_CHN_MATRIX_4_0
#define	SND_CHN_MATRIX_5	SND_CHN_MATRIX_5_0
#define	SND_CHN_MATRIX_6	SND_CHN_MATRIX_5_1
#define	SND_CHN_MATRIX_7	SND_CHN_MATRIX_6_1
#define	SND_CHN_MATRIX_8	SND_CHN_MATRIX_7_1
#define	SND_CHN_MATRIX_BEGIN	SND_CHN_MATRIX_1_0
#define	SND_CHN_MATRIX_END	SND_CHN_MATRIX_7_1

/* Maps that are nobody's standard. */
#define	SND_CHN_MATRIX_DRV		-4	/* a driver's own */
#define	SND_CHN_MATRIX_PCMCHANNEL	-3	/* a channel's own */
#define	SND_CHN_MATRIX_MISC		-2
#define	SND_CHN_MATRIX_UNKNOWN		-1

#define	SND_CHN_T_VOL_0DB	SND_CHN_T_MAX
#define	SND_CHN_T_VOL_MAX	(SND_CHN_T_VOL_0DB + 1)
#define	SND_CHN_T_BEGIN		SND_CHN_T_FL
#define	SND_CHN_T_END		SND_CHN_T_TBR
#define	SND_CHN_T_STEP		1
#define	SND_CHN_MIN		1
#define	SND_CHN_MAX		8

/* Volume classes of a channel. */
#define	SND_VOL_C_MASTER	0
#define	SND_VOL_C_PCM		1
#define	SND_VOL_C_PCM_VAL	2
#define	SND_VOL_C_MAX		3
#define	SND_VOL_C_VAL(x)	((x) + 1)

#define	SND_VOL_0DB_MIN		1
#define	SND_VOL_0DB_MAX		100
#define	SND_VOL_0DB_MASTER	100
#define	SND_VOL_0DB_PCM		45

/*
 * The gain of a class that leaves samples unchanged, in units of
 * SND_VOL_C_VAL().
 */
#define	SND_VOL_RESOLUTION	8
#define	SND_VOL_FLAT		(1 << SND_VOL_RESOLUTION)

#endif /* !_SND_MATRIX_H_ */
