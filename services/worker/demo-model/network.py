"""The demo detector: a small convolutional network with the raw grid output of YOLOX."""

import torch
from torch import nn
from torch.nn import functional

STRIDES = (8, 16)
CLASSES = ("vehicle", "person")


class Convolution(nn.Sequential):
    """3x3 or 1x1 convolution, batch normalisation (folded into it on export), ReLU."""

    def __init__(self, inputs: int, outputs: int, size: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution = Convolution(channels, channels)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features + self.convolution(features)


class Head(nn.Module):
    """Per cell: centre x and y, logarithms of width and height, objectness, class scores."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.trunk = Convolution(inputs, channels)
        self.predict = nn.Conv2d(channels, 5 + len(CLASSES), 1)
        # Most cells are empty: starting near 0 instead of 0.5 spares the first thousand steps.
        nn.init.constant_(self.predict.bias[4:], -4.0)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.predict(self.trunk(features)).flatten(2).transpose(1, 2)


class Detector(nn.Module):
    """Takes float32 [N, 3, H, W], RGB, 0 to 255. Gives [N, cells, 5 + classes].

    The cells of the finer grid come first, row by row. `forward` returns scores as logits, which is
    what the loss needs; `Exported` puts them through the sigmoid.
    """

    def __init__(self) -> None:
        super().__init__()
        self.to_stride_8 = nn.Sequential(
            Convolution(3, 16, stride=2),
            Convolution(16, 24, stride=2),
            Residual(24),
            Convolution(24, 48, stride=2),
            Residual(48),
        )
        self.to_stride_16 = nn.Sequential(Convolution(48, 80, stride=2), Residual(80))
        self.to_stride_32 = Convolution(80, 80, stride=2)
        self.into_stride_16 = Convolution(80, 80, size=1)
        self.into_stride_8 = Convolution(80, 48, size=1)
        self.head_8 = Head(48, 48)
        self.head_16 = Head(80, 48)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        stride_8 = self.to_stride_8(images * (1 / 128) - 1)
        stride_16 = self.to_stride_16(stride_8)
        wide = functional.interpolate(self.to_stride_32(stride_16), scale_factor=2.0)
        stride_16 = stride_16 + self.into_stride_16(wide)
        fine = functional.interpolate(self.into_stride_8(stride_16), scale_factor=2.0)
        return torch.cat((self.head_8(stride_8 + fine), self.head_16(stride_16)), dim=1)


class Exported(nn.Module):
    """The detector as the worker runs it: objectness and class scores between 0 and 1."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        raw = self.detector(images)
        return torch.cat((raw[..., :4], raw[..., 4:].sigmoid()), dim=2)
