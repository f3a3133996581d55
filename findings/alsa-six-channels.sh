#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# ALSA's plug leaves the centre out when it makes two channels of six.
#
# Expected: what is in one of six channels is heard in stereo, too.  When plug
# makes one channel of six, it averages all.
# Seen: for two channels it copies the first two and drops the others, of three
# channels as well.  The centre, where films have their speech, is the fifth of
# ALSA's six.  With "route_policy average" no channel is dropped: the third and
# the fifth go to the left, the fourth and the sixth to the right.

. "$(dirname "$0")/lib.sh"
needs libasound2-dev 1.2.8

cat >alsa.conf <<'E'
pcm.played { type file file "out" format raw slave.pcm { type null } }
pcm.one { type plug slave { pcm played format S16_LE channels 1 rate 48000 } }
pcm.two { type plug slave { pcm played format S16_LE channels 2 rate 48000 } }
pcm.average {
	type plug
	slave { pcm played format S16_LE channels 2 rate 48000 }
	route_policy average
}
E
cat >play.c <<'E'
#include <alsa/asoundlib.h>
#include <stdlib.h>
#define	N	480
int
main(int argc, char **argv)
{
	short *samples;
	snd_pcm_t *pcm;
	int channels, heard, i;

	if (argc < 4)
		return (1);
	channels = atoi(argv[2]);
	heard = atoi(argv[3]);
	samples = calloc(N * channels, sizeof(*samples));
	for (i = 0; i < N; i++)
		samples[i * channels + heard] = 12000;
	if (snd_pcm_open(&pcm, argv[1], SND_PCM_STREAM_PLAYBACK, 0) != 0 ||
	    snd_pcm_set_params(pcm, SND_PCM_FORMAT_S16,
	    SND_PCM_ACCESS_RW_INTERLEAVED, channels, 48000, 0, 100000) != 0 ||
	    snd_pcm_writei(pcm, samples, N) != N)
		return (1);
	snd_pcm_drain(pcm);
	snd_pcm_close(pcm);
	free(samples);
	return (0);
}
E
cc play.c -o play -lasound
export ALSA_CONFIG_PATH=alsa.conf

# $1: device; $2: its channels; $3: channels played.  The first frame that comes
# out for each of these, its samples joined by a slash.
frames()
{
	for heard in $(seq 0 $(($3 - 1))); do
		rm -f out
		./play "$1" "$3" "$heard"
		od -An -td2 -N $((2 * $2)) out | xargs | tr ' ' /
	done | xargs
}

compare "2000 2000 2000 2000 2000 2000" "2000 2000 2000 2000 2000 2000" \
    "$(frames one 1 6)"
compare "each is heard" "12000/0 0/12000 0/0 0/0 0/0 0/0" "$(frames two 2 6)"
compare "each is heard" "12000/0 0/12000 0/0" "$(frames two 2 3)"
compare "each is heard" "4000/0 0/4000 4000/0 0/4000 4000/0 0/4000" \
    "$(frames average 2 6)"
