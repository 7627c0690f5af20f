import { z } from 'zod';

export const variantNames = ['fp32', 'fp16', 'int8'] as const;
export type VariantName = (typeof variantNames)[number];

const fraction = z.number().min(0).max(1);
const threeNumbers = z.tuple([z.number(), z.number(), z.number()]);
const fileName = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'must be a plain file name inside the version folder');

const inputSchema = z.strictObject({
  /** Name of the network's input tensor, float32 [N, 3, height, width]. */
  name: z.string().min(1),
  width: z.int().min(8).max(4096),
  height: z.int().min(8).max(4096),
  /** Order of the three planes. */
  channels: z.enum(['rgb', 'bgr']),
  /** The network sees `(pixel * scale - mean) / deviation`, pixel 0 to 255, per plane in its order. */
  scale: z.number().positive(),
  mean: threeNumbers,
  deviation: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
  /** `letterbox` keeps the shape and puts the picture at the top left; `stretch` does not keep it. */
  resize: z.enum(['letterbox', 'stretch']),
  /** Pixel value, 0 to 255, of what a letterboxed picture does not cover. */
  padding: z.number().min(0).max(255),
});

const yoloxSchema = z.strictObject({
  decoder: z.literal('yolox'),
  /** Name of the network's output tensor, float32 [N, cells, 5 + classes], raw grid. */
  name: z.string().min(1),
  /** Pixels of the network's input per grid cell, in the order in which the output lists the grids. */
  strides: z.array(z.int().min(1).max(256)).min(1).max(8),
  /** Detections below this score are dropped. */
  scoreThreshold: fraction,
  /** Of two boxes of one class that overlap by more than this (intersection over union) one goes. */
  overlapThreshold: fraction,
  /** At most this many per frame, the best ones. */
  detectionsMax: z.int().min(1).max(10_000),
});

/** One member for each output decoder that exists; a manifest names one of them. */
const outputSchema = z.discriminatedUnion('decoder', [yoloxSchema]);

const manifestSchema = z
  .strictObject({
    name: z.string().min(1),
    /** Folder of the version to serve; without it the highest number is served. */
    version: z
      .string()
      .regex(/^[0-9]{1,9}$/, 'must be a whole number as text, as its folder is called')
      .optional(),
    variants: z
      .partialRecord(z.enum(variantNames), fileName)
      .refine((variants) => Object.keys(variants).length > 0, 'must name at least one file'),
    input: inputSchema,
    output: outputSchema,
    classes: z.array(z.string().min(1)).min(1).max(100_000),
    /** Frames sampled per second of video. */
    framesPerSecond: z.number().min(0.001).max(240),
  })
  .superRefine((manifest, context) => {
    for (const stride of manifest.output.strides) {
      for (const side of ['width', 'height'] as const) {
        if (manifest.input[side] % stride !== 0) {
          context.addIssue({
            code: 'custom',
            path: ['input', side],
            message: `${manifest.input[side]} is not a multiple of the stride ${stride} in output.strides`,
          });
        }
      }
    }
    const repeated = manifest.classes.find((name, at) => manifest.classes.indexOf(name) !== at);
    if (repeated !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['classes'],
        message: `names ${JSON.stringify(repeated)} twice`,
      });
    }
  });

export type Manifest = z.infer<typeof manifestSchema>;
export type InputLayout = Manifest['input'];
export type YoloxLayout = z.infer<typeof yoloxSchema>;

export type ParsedManifest =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the text of a `manifest.json`; every problem is reported, not only the first. */
export function parseManifest(text: string): ParsedManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, problems: [`is not JSON: ${error instanceof Error ? error.message : ''}`] };
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return { ok: true, manifest: parsed.data };
  return {
    ok: false,
    problems: parsed.error.issues.map((issue) =>
      issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`,
    ),
  };
}

/** What an operator is shown when a model needs a manifest and has none. */
export const manifestExample =
  '{"name":"<folder name>","version":"1","variants":{"fp32":"model.onnx"},' +
  '"input":{"name":"images","width":416,"height":416,"channels":"bgr","scale":1,"mean":[0,0,0],' +
  '"deviation":[1,1,1],"resize":"letterbox","padding":114},' +
  '"output":{"decoder":"yolox","name":"output","strides":[8,16,32],"scoreThreshold":0.3,' +
  '"overlapThreshold":0.45,"detectionsMax":100},"classes":["car"],"framesPerSecond":2}';
