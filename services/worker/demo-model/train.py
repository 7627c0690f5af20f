"""Trains the demo detector on generated clips and writes the model repository's ONNX file.

    npx tsc -p services
    pip install -r services/worker/demo-model/requirements.txt
    python services/worker/demo-model/train.py --work /tmp/demo-model

Takes about 25 minutes on one core. The clips are kept in the work folder for another run.
"""

import argparse
import json
import time
from pathlib import Path

import onnx
import torch

from clips import make_clips, read_clips
from loss import detection_loss, make_cells
from network import CLASSES, STRIDES, Detector, Exported

# Disjoint from the seeds of the evaluation, which accuracy.json and the accuracy test name.
TRAINING_SEEDS = range(1000, 1400)
CLIP_SECONDS = 3
BATCH = 16
RATE_MAX = 3e-3
HERE = Path(__file__).parent


def augment(images: torch.Tensor, objects: list[torch.Tensor]) -> tuple[torch.Tensor, list]:
    """Mirrors half of the frames and shifts every frame's brightness, contrast and colour."""
    images = images.float()
    width = images.shape[3]
    changed = []
    for position, rows in enumerate(objects):
        if torch.rand(()) < 0.5:
            images[position] = images[position].flip(2)
            rows = rows.clone()
            rows[:, [0, 2]] = width - rows[:, [2, 0]]
        changed.append(rows)
    count = len(objects)
    brightness = 0.2 * (2 * torch.rand(count, 1, 1, 1) - 1)
    colour = 0.1 * (2 * torch.rand(count, 3, 1, 1) - 1)
    lift = 16 * (2 * torch.rand(count, 1, 1, 1) - 1)
    return (images * (1 + brightness + colour) + lift).clamp(0, 255), changed


def train(images: torch.Tensor, objects: list[torch.Tensor], epochs: int) -> Detector:
    detector = Detector().to(memory_format=torch.channels_last)
    # The mean of the weights over the last steps detects better than the last weights do.
    average = torch.optim.swa_utils.AveragedModel(
        detector,
        multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998),
        use_buffers=True,
    )
    cells = make_cells(images.shape[3], images.shape[2])
    optimizer = torch.optim.AdamW(detector.parameters(), lr=RATE_MAX, weight_decay=0.02)
    steps = epochs * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE_MAX, total_steps=steps)
    for epoch in range(epochs):
        started = time.monotonic()
        order = torch.randperm(len(images))
        total = 0.0
        for start in range(0, len(images) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            batch, truth = augment(images[chosen], [objects[index] for index in chosen])
            batch = batch.contiguous(memory_format=torch.channels_last)
            loss = detection_loss(detector(batch), truth, cells)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(detector.parameters(), 20.0)
            optimizer.step()
            schedule.step()
            average.update_parameters(detector)
            total += loss.item()
        mean = total / (len(images) // BATCH)
        print(f"epoch {epoch + 1} loss {mean:.3f} {time.monotonic() - started:.0f} s", flush=True)
    return average.module


def export(detector: Detector, size: tuple[int, int], file: Path) -> None:
    height, width = size
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        Exported(detector).eval().to(memory_format=torch.contiguous_format),
        (torch.zeros(1, 3, height, width),),
        str(file),
        opset_version=17,
        input_names=["images"],
        output_names=["output"],
        dynamic_axes={"images": {0: "N"}, "output": {0: "N"}},
        dynamo=False,
    )
    declare_output(file, len(make_cells(width, height)))


def declare_output(file: Path, cells: int) -> None:
    """Writes the output's true shape, [N, cells, 5 + classes], for the names that tracing gave it."""
    model = onnx.load(file)
    dimensions = model.graph.output[0].type.tensor_type.shape.dim
    dimensions[1].dim_value = cells
    dimensions[2].dim_value = 5 + len(CLASSES)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for the generated clips")
    parser.add_argument(
        "--generator",
        type=Path,
        default=HERE.parents[2] / "dist/services/local/demo-video/generate/main.js",
    )
    parser.add_argument("--repository", type=Path, default=HERE / "repository")
    parser.add_argument("--epochs", type=int, default=22)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()

    torch.manual_seed(7)
    torch.set_num_threads(options.threads)
    clips = options.work / "clips"
    make_clips(options.generator, clips, TRAINING_SEEDS, CLIP_SECONDS)
    images, objects = read_clips(clips, TRAINING_SEEDS)
    print(f"{len(images)} frames, {sum(len(rows) for rows in objects)} objects", flush=True)
    started = time.monotonic()
    detector = train(images, objects, options.epochs)
    file = options.repository / "traffic-demo" / "1" / "model.onnx"
    export(detector, (images.shape[2], images.shape[3]), file)
    print(
        json.dumps(
            {
                "parameters": sum(weights.numel() for weights in detector.parameters()),
                "torch": torch.__version__,
                "seeds": [TRAINING_SEEDS.start, TRAINING_SEEDS.stop - 1],
                "frames": len(images),
                "epochs": options.epochs,
                "trainingSeconds": round(time.monotonic() - started),
                "classes": CLASSES,
                "strides": STRIDES,
            }
        )
    )


if __name__ == "__main__":
    main()
