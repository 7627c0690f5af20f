"""An independent detector to compare the executor with: PyAV, numpy and onnxruntime, nothing of ours.

    python3 -m venv venv && venv/bin/pip install -r test/support/requirements.txt
    venv/bin/python test/support/independent-detector.py VIDEO MODEL [--fps 2]   prints JSON
    venv/bin/python test/support/independent-detector.py VIDEO MODEL --bench     prints frames per second

The model is a published YOLOX export: one input [1, 3, H, W], one raw output [1, cells, 5 + classes].
"""

import argparse
import json
import sys
import time
from fractions import Fraction

import av
import numpy as np
import onnxruntime

SCORE_THRESHOLD = 0.3
OVERLAP_THRESHOLD = 0.45
CLASSES = (
    "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,"
    "parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,"
    "handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,"
    "skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,banana,apple,"
    "sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,"
    "dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,"
    "refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush"
).split(",")


def sampled_frames(path, fps):
    """Decodes everything; yields for each multiple of 1/fps the first frame at or after it."""
    instant = Fraction(0)
    step = 1 / Fraction(fps)
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for frame in container.decode(stream):
            at = frame.pts * frame.time_base
            if at >= instant:
                yield at, frame
                instant = (at // step + 1) * step


def resize(image, width, height):
    """Bilinear at pixel centres, without smoothing."""

    def axis(source, target):
        centre = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
        low = np.minimum(centre.astype(np.int64), source - 2)
        return low, (centre - low).astype(np.float32)

    x, wx = axis(image.shape[1], width)
    y, wy = axis(image.shape[0], height)
    rows = image[y] * (1 - wy)[:, None, None] + image[y + 1] * wy[:, None, None]
    return rows[:, x] * (1 - wx)[None, :, None] + rows[:, x + 1] * wx[None, :, None]


def letterbox(image, width, height):
    ratio = min(width / image.shape[1], height / image.shape[0])
    inner_width, inner_height = int(image.shape[1] * ratio), int(image.shape[0] * ratio)
    canvas = np.full((height, width, 3), 114, np.float32)
    canvas[:inner_height, :inner_width] = resize(image.astype(np.float32), inner_width, inner_height)
    return np.ascontiguousarray(canvas.transpose(2, 0, 1)[None]), ratio


def grids(width, height, all_strides):
    cells, strides = [], []
    for stride in all_strides:
        ys, xs = np.meshgrid(np.arange(height // stride), np.arange(width // stride), indexing="ij")
        cells.append(np.stack((xs, ys), 2).reshape(-1, 2))
        strides.append(np.full((cells[-1].shape[0], 1), stride))
    return np.concatenate(cells), np.concatenate(strides)


def detections(output, grid, ratio, size):
    cells, strides = grid
    centre = (output[:, :2] + cells) * strides
    extent = np.exp(output[:, 2:4]) * strides
    boxes = np.concatenate((centre - extent / 2, centre + extent / 2), 1) / ratio
    scores = output[:, 4:5] * output[:, 5:]
    labels = scores.argmax(1)
    best = scores.max(1)
    found = []
    for label in np.unique(labels[best >= SCORE_THRESHOLD]):
        order = np.flatnonzero((labels == label) & (best >= SCORE_THRESHOLD))
        order = order[np.argsort(-best[order], kind="stable")]
        while order.size:
            first, order = order[0], order[1:]
            found.append((best[first], label, boxes[first]))
            order = order[[overlap(boxes[first], boxes[other]) <= OVERLAP_THRESHOLD for other in order]]
    found.sort(key=lambda item: -item[0])
    return [as_json(score, label, box, size) for score, label, box in found]


def overlap(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return width * height / (area - width * height)


def as_json(score, label, box, size):
    left, right = np.clip((box[0], box[2]), 0, size[0])
    top, bottom = np.clip((box[1], box[3]), 0, size[1])
    numbers = [round(float(number), 2) for number in (left, top, right - left, bottom - top)]
    return {"class": CLASSES[label], "score": round(float(score), 4), "box": numbers}


def open_session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run(arguments):
    session = open_session(arguments.model)
    tensor = session.get_inputs()[0]
    height, width = tensor.shape[2:]
    grid = grids(width, height, [int(stride) for stride in arguments.strides.split(",")])
    session.run(None, {tensor.name: np.zeros((1, 3, height, width), np.float32)})
    started = time.perf_counter()
    frames = []
    for at, frame in sampled_frames(arguments.video, arguments.fps):
        image = frame.to_ndarray(format="bgr24")
        pixels, ratio = letterbox(image, width, height)
        output = session.run(None, {tensor.name: pixels})[0][0]
        found = detections(output, grid, ratio, (frame.width, frame.height))
        frames.append({"presentationMs": round(float(at * 1000), 3), "detections": found})
    return frames, time.perf_counter() - started


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("video")
    parser.add_argument("model")
    parser.add_argument("--fps", default="2", help="frames sampled per second of video")
    parser.add_argument("--strides", default="8,16,32", help="of the output's grids, as in YOLOX")
    parser.add_argument("--bench", action="store_true", help="print the speed of this plain loop")
    arguments = parser.parse_args()
    frames, seconds = run(arguments)
    if arguments.bench:
        print(f"{len(frames)} frames in {seconds:.3f} s: {len(frames) / seconds:.1f} frames per second")
        return
    lines = ",\n".join("    " + json.dumps(frame) for frame in frames)
    sys.stdout.write(f'{{\n  "framesPerSecond": {arguments.fps},\n  "frames": [\n{lines}\n  ]\n}}\n')


main()
