import { existsSync, writeSync } from 'node:fs';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

/** What Lambda does around a handler: an event a line from standard input, its answer behind what the handler printed, and the next. */
const [folder = '', handler = ''] = process.argv.slice(2);
const timeLimit = Number(process.env.AWS_LAMBDA_FUNCTION_TIMEOUT ?? 3) * 1000;
let response: unknown;

/** Answers of custom resources go to CloudFormation by HTTPS alone; we keep them. */
function keepAnswers(): void {
  const send = https.request;
  const keep = (options: https.RequestOptions, answered?: (reply: unknown) => void) => {
    if (options.hostname !== 'custom-resource.invalid') return send(options, answered as never);
    const reply = { statusCode: 200, resume: () => undefined, on: () => reply };
    const write = (body: string) => {
      response = JSON.parse(body);
    };
    const request = { on: () => request, write, end: () => answered?.(reply) };
    return request;
  };
  Object.assign(https, { request: keep });
  syncBuiltinESMExports();
}

async function load(): Promise<(event: unknown, context: object) => unknown> {
  const dot = handler.lastIndexOf('.');
  const [file, name] = [handler.slice(0, dot), handler.slice(dot + 1)];
  const path = ['mjs', 'js', 'cjs']
    .map((end) => join(folder, `${file}.${end}`))
    .find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`Cannot find module '${file}'`);
  const loaded = await import(pathToFileURL(path).href);
  return loaded[name] ?? loaded.default[name];
}

let handle: Awaited<ReturnType<typeof load>> | undefined;

async function invoke(
  event: unknown,
): Promise<{ payload: unknown; isError: boolean; response?: unknown }> {
  const began = performance.now();
  const context = {
    awsRequestId: crypto.randomUUID(),
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    getRemainingTimeInMillis: () => timeLimit - (performance.now() - began),
  };
  response = undefined;
  try {
    handle ??= await load();
    return { payload: (await handle(event, context)) ?? null, isError: false, response };
  } catch (error) {
    const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    console.error(stack);
    return {
      payload: { errorType: name, errorMessage: message, trace: stack.split('\n') },
      isError: true,
      response,
    };
  }
}

keepAnswers();
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await invoke(JSON.parse(line));
  await new Promise((resolve) => process.stdout.write('', resolve));
  writeSync(1, `\0${JSON.stringify(answer)}\n`);
}
