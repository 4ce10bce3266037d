import { afterAll, afterEach, beforeAll } from 'vitest';
import { busContract } from '../contracts/bus.ts';
import { Engine } from '../support/engine.ts';
import { KafkaUnderTest } from './kafka/under-test.ts';

let engine: Engine;
let kafka: KafkaUnderTest;

beforeAll(async () => {
  engine = await Engine.start('kafka');
  kafka = await KafkaUnderTest.make(engine.values.KAFKA_BROKERS!);
});
afterEach(() => kafka.closeAll());
afterAll(async () => {
  await kafka.close();
  await engine.stop();
});

busContract('Kafka', async () => {
  const prefix = kafka.prefix();
  const { bus } = await kafka.open({ prefix });
  return {
    bus,
    reopen: async () => {
      await bus.close();
      return (await kafka.open({ prefix })).bus;
    },
  };
});
