"""Makes clips with the project's own generator and reads them as the worker does."""

import json
import subprocess
from pathlib import Path

import av
import numpy
import torch

from network import CLASSES

SAMPLE_MS = 500


def make_clips(generator: Path, folder: Path, seeds: range, seconds: int) -> None:
    """Writes what is missing of `street-<seed>.mp4` and its ground truth into the folder."""
    missing = [seed for seed in seeds if not (folder / f"street-{seed}.mp4").exists()]
    if not missing:
        return
    first, last = missing[0], missing[-1]
    which = ["--seed", first, "--count", last - first + 1, "--seconds", seconds]
    arguments = [generator, *which, "--out", folder]
    subprocess.run(["node", *map(str, arguments)], check=True)


def read_clips(folder: Path, seeds: range) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Frames at multiples of 500 ms, uint8 [M, 3, H, W] RGB, and objects [K, 6] per frame.

    An object is left, top, right, bottom in pixels, class index, and 1 if it is counted, else 0.
    """
    images: list[numpy.ndarray] = []
    objects: list[torch.Tensor] = []
    for seed in seeds:
        truth = json.loads((folder / f"street-{seed}.truth.json").read_text())
        true_frames = {frame["presentationMs"]: frame["objects"] for frame in truth["frames"]}
        with av.open(str(folder / f"street-{seed}.mp4")) as clip:
            for frame in clip.decode(video=0):
                presentation_ms = round(frame.time * 1000)
                if presentation_ms % SAMPLE_MS != 0:
                    continue
                pixels = frame.to_ndarray(format="rgb24", interpolation="BILINEAR")
                images.append(pixels.transpose(2, 0, 1).copy())
                objects.append(to_rows(true_frames[presentation_ms]))
    return torch.from_numpy(numpy.stack(images)), objects


def to_rows(objects: list[dict]) -> torch.Tensor:
    rows = [
        [
            thing["box"][0],
            thing["box"][1],
            thing["box"][0] + thing["box"][2],
            thing["box"][1] + thing["box"][3],
            CLASSES.index(thing["class"]),
            1 if thing["isCounted"] else 0,
        ]
        for thing in objects
    ]
    return torch.tensor(rows, dtype=torch.float32).reshape(-1, 6)
