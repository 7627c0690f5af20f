/**
 * ONNX networks small enough to write by hand, so that tests of the executor need no model from
 * anywhere. Field numbers are those of onnx.proto (ONNX 1.16).
 */
export interface TinyNetworkOptions {
  /** A number for a fixed batch, null for any. */
  readonly batch: number | null;
  /** Side of the square input in pixels. */
  readonly side: number;
  /** Values per cell: 5 and the classes. */
  readonly values: number;
  readonly cells: number;
  /** Whether it fails at run time when the first number of a frame is above its count of numbers. */
  readonly failsOnLarge: boolean;
}

const tinyNetworkDefault: TinyNetworkOptions = {
  batch: null,
  side: 32,
  values: 6,
  cells: 1,
  failsOnLarge: false,
};

/**
 * A network that looks like a raw YOLOX output: cell by cell, the first `cells * values` numbers of
 * the first plane of `images` float32 [N, 3, side, side] become `output` float32 [N, cells, values].
 */
export function tinyNetwork(options: Partial<TinyNetworkOptions> = {}): Buffer {
  const { batch, side, values, cells, failsOnLarge } = { ...tinyNetworkDefault, ...options };
  const batchDimension = batch === null ? text(2, 'N') : integer(1, batch);
  const graph = [
    node('Reshape', ['images', 'flatShape'], 'flat'),
    node('Slice', ['flat', 'starts', 'ends', 'axes'], 'part'),
    ...(failsOnLarge ? failingNodes() : []),
    node('Reshape', [failsOnLarge ? 'sum' : 'part', 'cellShape'], 'output'),
    text(2, 'tiny'),
    initializer('flatShape', [0, 3 * side * side]),
    initializer('starts', [0]),
    initializer('ends', [cells * values]),
    initializer('axes', [1]),
    initializer('cellShape', [-1, cells, values]),
    initializer('one', [1]),
    message(11, tensorInfo('images', [batchDimension, ...[3, side, side].map(dimension)])),
    message(12, tensorInfo('output', [batchDimension, ...[cells, values].map(dimension)])),
  ];
  const operatorSet = message(8, [integer(2, 13)]);
  return Buffer.concat([integer(1, 8), message(7, graph), operatorSet]);
}

/** Looks up the number whose place is the first number, which must be a place that exists. */
function failingNodes(): readonly Buffer[] {
  return [
    node('Slice', ['flat', 'starts', 'one', 'axes'], 'first'),
    node('Cast', ['first'], 'place', integerAttribute('to', 7)),
    node('GatherElements', ['flat', 'place'], 'found', integerAttribute('axis', 1)),
    node('Add', ['part', 'found'], 'sum'),
  ];
}

function node(
  operator: string,
  inputs: readonly string[],
  ...[output, ...attributes]: [string, ...Buffer[]]
): Buffer {
  const names = inputs.map((name) => text(1, name));
  return message(1, [...names, text(2, output), text(4, operator), ...attributes]);
}

/** An attribute of type integer (2). */
function integerAttribute(name: string, value: number): Buffer {
  return message(5, [text(1, name), integer(3, value), integer(20, 2)]);
}

/** A one-dimensional tensor of 64 bit integers (data type 7). */
function initializer(name: string, numbers: readonly number[]): Buffer {
  return message(5, [
    integer(1, numbers.length),
    integer(2, 7),
    ...numbers.map((number) => integer(7, number)),
    text(8, name),
  ]);
}

function tensorInfo(name: string, dimensions: readonly Buffer[]): readonly Buffer[] {
  const shape = message(
    2,
    dimensions.map((size) => message(1, [size])),
  );
  return [text(1, name), message(2, [message(1, [integer(1, 1), shape])])];
}

function dimension(size: number): Buffer {
  return integer(1, size);
}

function message(field: number, parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([variable(field * 8 + 2), variable(content.length), content]);
}

function text(field: number, value: string): Buffer {
  return message(field, [Buffer.from(value)]);
}

function integer(field: number, value: number): Buffer {
  return Buffer.concat([variable(field * 8), variable(value)]);
}

/** Protocol buffers' base 128 numbers; negative ones are written as 64 bit two's complement. */
function variable(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest % 128n) + 128);
    rest /= 128n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}
