#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Draw WAV files as the player leaves them: waveform over spectrogram.

usage: plot.py played.wav played.png ...
"""

import os
import struct
import sys

COLUMNS = 1200      # resolution in time
WINDOW = 2048       # frames of one spectrum
FLOOR = -100        # dB shown as silence


def read_wav(path):
    """Returns rate and samples: frames by channels, in -1..1."""
    with open(path, "rb") as file:
        header = file.read(44)
    if len(header) != 44 or header[36:40] != b"data":
        sys.exit(f"plot: {path} is not a WAV file of the player")
    tag, channels, rate, _, frame, bits = struct.unpack("<HHIIHH", header[20:36])
    raw = np.fromfile(path, np.uint8, offset=44)
    raw = raw[:len(raw) // frame * frame]
    if tag == 3:
        samples = raw.view("<f4").astype(np.float32)
    elif bits == 8:
        samples = (raw.astype(np.float32) - 128) / 128
    elif bits == 24:
        wide = np.zeros((len(raw) // 3, 4), np.uint8)
        wide[:, 1:] = raw.reshape(-1, 3)
        samples = wide.reshape(-1).view("<i4").astype(np.float32) / 2**31
    else:
        samples = raw.view(f"<i{bits // 8}").astype(np.float32) / 2**(bits - 1)
    return rate, samples.reshape(-1, channels)


def envelope(channel):
    """Least and greatest sample of each column of the picture."""
    edges = np.linspace(0, len(channel), min(COLUMNS, len(channel)),
                        endpoint=False).astype(int)
    return (edges, np.minimum.reduceat(channel, edges),
            np.maximum.reduceat(channel, edges))


def spectrogram(samples):
    """Levels in dB, frequencies by columns; first and last frame."""
    mono = samples.mean(axis=1)
    if len(mono) < WINDOW:
        mono = np.pad(mono, (0, WINDOW - len(mono)))
    starts = np.linspace(0, len(mono) - WINDOW, COLUMNS).astype(int)
    window = np.hanning(WINDOW).astype(np.float32)
    levels = [np.abs(np.fft.rfft(mono[s:s + WINDOW] * window)) for s in starts]
    levels = np.array(levels).T / (window.sum() / 2)
    return (20 * np.log10(np.maximum(levels, 10**(FLOOR / 20))),
            starts[0] + WINDOW / 2, starts[-1] + WINDOW / 2)


def draw(axes, rate, samples):
    """Fills the two axes; returns the image of the spectrogram."""
    wave, spectrum = axes
    names = {1: ["mono"], 2: ["left", "right"]}.get(
        samples.shape[1], [f"channel {i}" for i in range(samples.shape[1])])
    for name, channel in zip(names, samples.T):
        edges, low, high = envelope(channel)
        wave.fill_between(edges / rate, low, high, alpha=0.6, linewidth=0.4,
                          label=name)
    wave.set_ylabel("amplitude (of full scale)")
    wave.set_ylim(-1.05, 1.05)
    wave.grid(alpha=0.3)
    wave.legend(loc="upper right", fontsize="small")

    levels, first, last = spectrogram(samples)
    image = spectrum.imshow(levels, origin="lower", aspect="auto",
                            cmap="magma", vmin=FLOOR, vmax=0,
                            extent=(first / rate, last / rate, 0, rate / 2000))
    spectrum.set_ylabel("frequency (kHz)")
    spectrum.set_xlabel("time (s)")
    spectrum.set_xlim(0, max(len(samples), WINDOW) / rate)
    spectrum.set_facecolor("black")
    return image


def plot(wav, png):
    """Reads the one file and writes the other."""
    rate, samples = read_wav(wav)
    if len(samples) == 0:
        sys.exit(f"plot: {wav} holds no sound")
    figure, axes = plt.subplots(2, 1, sharex=True, figsize=(12, 7),
                                height_ratios=(1, 1.4), layout="constrained")
    image = draw(axes, rate, samples)
    figure.colorbar(image, ax=axes[1], label="level (dB of full scale)")
    channels = samples.shape[1]
    figure.suptitle(f"{os.path.basename(wav)}: {rate} Hz, "
                    f"{channels} channel{'s' * (channels > 1)}, "
                    f"{len(samples)} frames")
    figure.savefig(png, dpi=100)
    plt.close(figure)


def main():
    """Draws each file of the command line."""
    if len(sys.argv) < 3 or len(sys.argv) % 2 == 0:
        sys.exit(__doc__.strip())
    for wav, png in zip(sys.argv[1::2], sys.argv[2::2]):
        plot(wav, png)


try:
    import numpy as np
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    main()
except ImportError as error:
    sys.exit(f"plot: {error}; install Debian's python3-numpy and "
             "python3-matplotlib")
except OSError as error:
    sys.exit(f"plot: {error}")
except KeyboardInterrupt:
    sys.exit(130)
