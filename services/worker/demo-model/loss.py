"""What the network is taught: which cells answer for an object, and how far off they are."""

import torch
from torch.nn import functional

from network import STRIDES

# Small objects belong to the fine grid, large ones to the coarse grid, those between to both.
SIDE_PIXELS = {8: (0, 48), 16: (36, 10_000)}
# An object is answered for by cells up to this many cells from its centre.
REACH_CELLS = 1.5


def make_cells(width: int, height: int) -> torch.Tensor:
    """[cells, 3]: column, row, stride, in the order of the network's output."""
    cells = []
    for stride in STRIDES:
        rows, columns = torch.meshgrid(
            torch.arange(height // stride), torch.arange(width // stride), indexing="ij"
        )
        strides = torch.full_like(rows, stride)
        cells.append(torch.stack((columns, rows, strides), dim=2).reshape(-1, 3))
    return torch.cat(cells).float()


def decode_boxes(raw: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
    """Corners in pixels, [..., cells, 4], as the worker's decoder computes them."""
    stride = cells[:, 2:3]
    centre = (raw[..., 0:2] + cells[:, 0:2]) * stride
    half = raw[..., 2:4].clamp(max=6).exp() * stride / 2
    return torch.cat((centre - half, centre + half), dim=-1)


def assign(objects: torch.Tensor, cells: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Which object each cell answers for.

    `objects` is [M, 6]: corners, class, counted (1 or 0). Returns per cell the object's position or
    -1, and whether the cell's objectness is to be left alone since a half hidden object is there.
    """
    owner = torch.full((len(cells),), -1, dtype=torch.long)
    ignored = torch.zeros(len(cells), dtype=torch.bool)
    if len(objects) == 0:
        return owner, ignored
    middle = (cells[:, :2] + 0.5) * cells[:, 2:3]
    centre = (objects[:, 0:2] + objects[:, 2:4]) / 2
    side = objects[:, 2:4] - objects[:, 0:2]
    away = (middle[:, None] - centre[None]).abs()
    near = (away < REACH_CELLS * cells[:, None, 2:3]).all(dim=2)
    inside = (away < side[None] / 2).all(dim=2)
    closest = (away <= cells[:, None, 2:3] / 2).all(dim=2)
    fits = torch.zeros_like(near)
    for stride, (smallest, largest) in SIDE_PIXELS.items():
        longest = side.max(dim=1).values
        suits = (longest >= smallest) & (longest < largest)
        fits |= (cells[:, None, 2] == stride) & suits[None]
    candidates = fits & near & (inside | closest)
    counted = objects[:, 5] > 0
    ignored = (near & (inside | closest) & ~counted[None]).any(dim=1)
    # Where two objects claim a cell, the smaller one has fewer cells to choose from and gets it.
    area = side.prod(dim=1)[None].expand_as(away[..., 0])
    area = area.masked_fill(~(candidates & counted[None]), float("inf"))
    best = area.min(dim=1)
    owner = torch.where(best.values.isfinite(), best.indices, owner)
    return owner, ignored & (owner < 0)


def overlap(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Intersection over union, and its generalised form, of paired corner boxes [K, 4]."""
    inner = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0)
    outer = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    intersection = inner.prod(dim=1)
    union = (a[:, 2:] - a[:, :2]).prod(dim=1) + (b[:, 2:] - b[:, :2]).prod(dim=1) - intersection
    iou = intersection / union.clamp(min=1e-6)
    hull = outer.prod(dim=1).clamp(min=1e-6)
    return iou, iou - (hull - union) / hull


def detection_loss(
    raw: torch.Tensor, objects: list[torch.Tensor], cells: torch.Tensor
) -> torch.Tensor:
    """Box, objectness and class loss per answering cell. `raw` is [N, cells, 5 + classes]."""
    pairs = [assign(frame, cells) for frame in objects]
    owner = torch.stack([pair[0] for pair in pairs])
    ignored = torch.stack([pair[1] for pair in pairs])
    answering = owner >= 0
    frame_of, cell_of = answering.nonzero(as_tuple=True)
    count = max(1, len(frame_of))
    objectness = functional.binary_cross_entropy_with_logits(
        raw[..., 4], answering.float(), weight=(~ignored).float(), reduction="sum"
    )
    if len(frame_of) == 0:
        return objectness / count
    answers = zip(frame_of, cell_of)
    truth = torch.stack([objects[frame][owner[frame, cell]] for frame, cell in answers])
    boxes = decode_boxes(raw, cells)[frame_of, cell_of]
    iou, generalised = overlap(boxes, truth[:, :4])
    # The class score carries how well the box fits, so that the best of several boxes ranks first.
    wanted = torch.zeros(len(truth), raw.shape[2] - 5)
    wanted[torch.arange(len(truth)), truth[:, 4].long()] = iou.detach().clamp(min=0)
    classes = functional.binary_cross_entropy_with_logits(
        raw[frame_of, cell_of, 5:], wanted, reduction="sum"
    )
    return (4 * (1 - generalised).sum() + objectness + classes) / count
