import { held, notifying, TestClock } from './notifications.ts';

// A core's notifications in a process of their own, for tests that kill or stop it: folder, configuration and lease as JSON in the first argument.
// It evaluates by itself, as cores do: what holds is told to it by messages.
const { directory, config, ...more } = JSON.parse(process.argv[2]!) as {
  directory: string;
  config: object;
  lease?: object;
  kafka?: object;
};
const clock = new TestClock();
const core = await notifying(directory, config, { clock, ...more });
let instances: string[] = [];
setInterval(() => core.hold(...instances.map((instance) => held(instance))), 300);
process.on('message', (message: { hold?: string[]; silence?: string }) => {
  if (message.hold) instances = message.hold;
  if (message.silence) {
    const matchers = [{ name: 'instance', value: message.silence }];
    void core.silences.give({ matchers, comment: 'x', endsAt: '2999-01-01T00:00:00Z' }, 'alice');
  }
});
setInterval(() => process.send!({ held: core.receivers().lease.held, silences: core.silences.all().length }), 100);
process.on('disconnect', () => process.exit(0));
process.send!({ ready: true });
