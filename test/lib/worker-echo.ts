import { parentPort, workerData } from 'node:worker_threads';

const said: string = workerData;
parentPort?.postMessage(said);
