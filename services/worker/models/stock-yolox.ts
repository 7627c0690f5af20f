import { cocoClasses } from './coco-classes.ts';
import type { Manifest } from './manifest.ts';
import type { NetworkSignature } from './ports.ts';
import { gridCells } from './yolox.ts';

const strides = [8, 16, 32];

/**
 * The manifest of a network that looks like one of YOLOX's published exports, with the thresholds of
 * YOLOX's own ONNX demonstration (Megvii YOLOX 0.3.0, demo/ONNXRuntime), or null for any other.
 */
export function stockYoloxManifest(name: string, network: NetworkSignature): Manifest | null {
  const [input, ...inputsMore] = network.inputs;
  const [output, ...outputsMore] = network.outputs;
  if (input === undefined || output === undefined) return null;
  if (inputsMore.length > 0 || outputsMore.length > 0) return null;
  const [, channels, height, width, ...dimensionsMore] = input.shape;
  if (typeof width !== 'number' || typeof height !== 'number') return null;
  if (input.type !== 'float32' || channels !== 3 || dimensionsMore.length > 0) return null;
  const [, cells, values, ...valuesMore] = output.shape;
  const isYolox =
    output.type === 'float32' &&
    cells === gridCells(width, height, strides) &&
    values === 5 + cocoClasses.length &&
    valuesMore.length === 0;
  if (!isYolox) return null;
  return {
    name,
    variants: { fp32: 'model.onnx' },
    input: {
      name: input.name,
      width,
      height,
      channels: 'bgr',
      scale: 1,
      mean: [0, 0, 0],
      deviation: [1, 1, 1],
      resize: 'letterbox',
      padding: 114,
    },
    output: {
      decoder: 'yolox',
      name: output.name,
      strides,
      scoreThreshold: 0.3,
      overlapThreshold: 0.45,
      detectionsMax: 100,
    },
    classes: [...cocoClasses],
    framesPerSecond: 2,
  };
}
