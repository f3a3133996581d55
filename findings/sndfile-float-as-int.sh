#!/bin/sh
# libsndfile reads a float file as integers without scaling, and scales to the
# file's own peak when told to scale.
#
# Expected: sf_read_short() of 0.5 is 16384, as sf_write_float() of 0.5 into a
# file of 16 bits is: one conversion, in two directions.
# Seen: it is 0; only -1, 0 and 1 come out of a normal file.  With
# SFC_SET_SCALE_FLOAT_INT_READ it depends on what else is in the file: a file
# whose peak is 0.5 gives 32766 for 0.5, so each file becomes equally loud.

. "$(dirname "$0")/lib.sh"
needs libsndfile1-dev 1.2.0

cat >read.c <<'E'
#include <sndfile.h>
#include <stdio.h>
static short
first(int format, float sample, int scale)
{
	SF_INFO info = { .samplerate = 48000, .channels = 1, .format = format };
	SNDFILE *file;
	short read = 0;

	file = sf_open("x.wav", SFM_WRITE, &info);
	sf_write_float(file, &sample, 1);
	sf_close(file);
	file = sf_open("x.wav", SFM_READ, &info);
	sf_command(file, SFC_SET_SCALE_FLOAT_INT_READ, NULL, scale);
	sf_read_short(file, &read, 1);
	sf_close(file);
	return (read);
}
int
main(void)
{
	printf("%d %d %d %d\n",
	    first(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 0.5, SF_FALSE),
	    first(SF_FORMAT_WAV | SF_FORMAT_FLOAT, 0.5, SF_FALSE),
	    first(SF_FORMAT_WAV | SF_FORMAT_FLOAT, 0.5, SF_TRUE),
	    first(SF_FORMAT_WAV | SF_FORMAT_FLOAT, 0.25, SF_TRUE));
}
E
cc read.c -o read -lsndfile
compare "16384 16384 16384 8192" "16384 0 32766 32766" "$(./read)"
