/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Feeders move samples between a channel's two buffers.  The test kernel has
 * the root feeder, which copies; the mixer feeder for virtual channels; and the
 * feeders for formats, volume and the order of channels.  All others are left
 * out.  Only dev/sound/pcm/sound.h may include this file.
 */

enum feeder_type {
	FEEDER_ROOT,
	FEEDER_FORMAT,
	FEEDER_MIXER,
	FEEDER_RATE,
	FEEDER_EQ,
	FEEDER_VOLUME,
	FEEDER_MATRIX,
	FEEDER_LAST,
};

struct pcm_feederdesc {
	u_int32_t	 in, out;
};

struct feeder_class {
	KOBJ_CLASS_FIELDS;
	enum feeder_type type;
	SLIST_ENTRY(feeder_class) link;
};

struct pcm_feeder {
	KOBJ_FIELDS;
	int		 align;
	struct pcm_feederdesc *desc, desc_static;
	void		*data;
	struct feeder_class *class;
	struct pcm_feeder *source, *parent;
};

/*
 * The format in fmts, which ends with 0, that is most like the wanted one.  0:
 * none can be converted to.
 */
u_int32_t snd_fmtbest(u_int32_t fmt, u_int32_t *fmts);

void	feeder_remove(struct pcm_channel *c);
int	feeder_chain(struct pcm_channel *c);

extern int feeder_rate_round;

int	feeder_matrix_default_id(uint32_t channels);
struct pcmchan_matrix *feeder_matrix_default_channel_map(uint32_t channels);
uint32_t feeder_matrix_default_format(uint32_t format);
int	feeder_matrix_format_id(uint32_t format);
struct pcmchan_matrix *feeder_matrix_format_map(uint32_t format);
struct pcmchan_matrix *feeder_matrix_id_map(int id);
/* 0: a frame is the same in both formats. */
int	feeder_matrix_compare(struct pcmchan_matrix *m_in,
	    struct pcmchan_matrix *m_out);
