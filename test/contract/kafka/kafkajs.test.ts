import { describeWithKafka, kafkaAddresses, uniqueTopicPrefix } from '../../support/broker.ts';
import { kafkajsHarness } from './kafkajs-harness.ts';
import { kafkaContract } from './suite.ts';

describeWithKafka('the kafkajs adapter', () => {
  kafkaContract('a real broker', () => kafkajsHarness(kafkaAddresses(), uniqueTopicPrefix()));
});
