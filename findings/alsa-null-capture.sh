#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# ALSA's null device says that it has recorded, and leaves the buffer as it was.
#
# Expected: what is recorded from it is silence.  The manual of alsa-lib has it
# so: it creates a stream with zero samples.
# Seen: snd_pcm_readi() reports all frames at once, and writes none.  A program
# that clears its buffer before hears silence, another one what it played last.
# With the file plugin above it, which reads a file in place of the slave, this
# is also what comes after the end of the file; the end itself is not reported.

. "$(dirname "$0")/lib.sh"
needs libasound2-dev 1.2.8

cat >alsa.conf <<'E'
pcm.none { type null }
pcm.input { type file slave.pcm none file "/dev/null" infile "in" format raw }
E
cat >record.c <<'E'
#include <alsa/asoundlib.h>
int
main(int argc, char **argv)
{
	unsigned char b[100];
	snd_pcm_t *pcm;
	long n;
	int i;

	if (argc < 2 || snd_pcm_open(&pcm, argv[1], SND_PCM_STREAM_CAPTURE,
	    0) != 0 || snd_pcm_set_params(pcm, SND_PCM_FORMAT_S8,
	    SND_PCM_ACCESS_RW_INTERLEAVED, 1, 48000, 0, 100000) != 0)
		return (1);
	for (i = 0; i < 3; i++) {
		memset(b, 'x', sizeof(b));
		n = snd_pcm_readi(pcm, b, sizeof(b));
		printf("%ld frames, %d to %d; ", n, b[0], b[99]);
	}
	snd_pcm_close(pcm);
}
E
cc record.c -o record -lasound
awk 'BEGIN { for (i = 0; i < 150; i++) printf "\001" }' >in
export ALSA_CONFIG_PATH=alsa.conf

silence="100 frames, 0 to 0; "
stale="100 frames, 120 to 120; "
compare "$silence$silence$silence" "$stale$stale$stale" "$(./record none)"
compare "100 frames, 1 to 1; 50 frames, 1 to 120; 0 frames, 120 to 120; " \
    "100 frames, 1 to 1; 100 frames, 1 to 120; $stale" "$(./record input)"
