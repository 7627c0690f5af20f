import { memoryHarness } from './memory-harness.ts';
import { kafkaContract } from './suite.ts';

kafkaContract('the twin in memory', () => Promise.resolve(memoryHarness(20)));
