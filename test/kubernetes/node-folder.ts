/**
 * What a node leaves on the machine: processes, mounts, cgroups, a bridge. All of it is named after the node's
 * folder, so that it can be found and removed whatever became of who made it.
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findTool, runTool } from '../tools.ts';

/** In front of the random rest of a folder's name, with the number of the process that made it. */
const prefix = 'holdfast-node-';

const cgroups = '/sys/fs/cgroup';

/** kubelet leaves links to the logs of containers here, whatever its settings. */
const logLinks = '/var/log/containers';

/** kubelet makes a socket for device plugins here, whatever its settings. */
const devicePlugins = '/var/lib/kubelet/device-plugins';

/** Where containerd keeps the answers of network plugins, by container. */
const networkAnswers = '/var/lib/cni/results';

/** The containers of a node, below its folder: a folder each, with the address of the shim that minds it. */
const containers = 'state/io.containerd.runtime.v2.task/k8s.io';

/** Tries to remove what the kernel lets go of only when the last process in it has died. */
const attemptsMax = 100;
const retryMs = 50;

/** The beginning of a node's folder. Short, since sockets in it may have paths of 107 characters at most. */
export function nodeFolderPrefix(): string {
  return join(tmpdir(), `${prefix}${process.pid}-`);
}

/** The cgroup of a node, from the root of every hierarchy. */
export function cgroupOf(folder: string): string {
  return `/${basename(folder)}`;
}

/** A bridge's name has 15 characters at most. */
export function bridgeOf(folder: string): string {
  return `hold-${basename(folder).slice(-6)}`;
}

/** Makes a node's cgroup in every hierarchy, with all processors and memory as in the root. */
export function makeCgroups(folder: string): void {
  for (const hierarchy of hierarchies()) {
    const path = join(hierarchy, cgroupOf(folder));
    mkdirSync(path, { recursive: true });
    for (const file of readdirSync(hierarchy).filter((name) => /^cpuset\.(cpus|mems)$/.test(name))) {
      writeFileSync(join(path, file), readFileSync(join(hierarchy, file)));
    }
  }
}

/** Ends and removes all of a node, also one that was left half made. */
export async function removeNode(folder: string): Promise<void> {
  endProcesses(folder);
  await untilGone(() => removeCgroups(folder));
  await unmountAll(folder);
  await runTool(findTool('ip'), ['link', 'delete', bridgeOf(folder)]);
  await removeScattered(folder);
  await rm(folder, { recursive: true, force: true });
}

/** Removes the nodes whose maker is gone: what a run that was killed left behind. */
export async function removeLostNodes(): Promise<void> {
  await removeNodesOf((maker) => !isAlive(maker));
}

/** Removes the nodes that these processes made. */
export async function removeNodesOf(isMaker: (pid: number) => boolean): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && isMaker(Number(pid))) await removeNode(join(tmpdir(), name));
  }
}

/** Containers are found by their cgroup; containerd, its shims and the kubelet by the folder they were given. */
function endProcesses(folder: string): void {
  for (const pid of readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    if (pid === process.pid || !commandOf(pid).includes(folder)) continue;
    kill(pid);
  }
  for (const cgroup of listCgroups(folder)) {
    for (const pid of readText(join(cgroup, 'cgroup.procs')).split('\n').filter(Boolean)) kill(Number(pid));
  }
}

/** @returns whether they are gone */
function removeCgroups(folder: string): boolean {
  endProcesses(folder);
  for (const cgroup of listCgroups(folder).toReversed()) {
    try {
      rmdirSync(cgroup);
    } catch {
      return false;
    }
  }
  return true;
}

async function untilGone(isGone: () => boolean): Promise<void> {
  for (let attempt = 1; !isGone(); attempt += 1) {
    if (attempt === attemptsMax) throw new Error('containers of a node do not end');
    await pause(retryMs);
  }
}

/** All cgroups of a node, parents before their children. */
function listCgroups(folder: string): readonly string[] {
  const below = (path: string): readonly string[] => [
    path,
    ...readFolder(path).flatMap((name) => below(join(path, name))),
  ];
  return hierarchies()
    .map((hierarchy) => join(hierarchy, cgroupOf(folder)))
    .flatMap((path) => (readText(join(path, 'cgroup.procs'), 'absent') === 'absent' ? [] : below(path)));
}

/** One with cgroup v2, one for each controller with v1. */
function hierarchies(): readonly string[] {
  const isUnified = readText(join(cgroups, 'cgroup.controllers'), 'absent') !== 'absent';
  return isUnified ? [cgroups] : readFolder(cgroups).map((name) => join(cgroups, name));
}

async function unmountAll(folder: string): Promise<void> {
  const umount = findTool('umount');
  const points = readText('/proc/mounts')
    .split('\n')
    .flatMap((line) => line.split(' ')[1] ?? [])
    .filter((point) => point.startsWith(`${folder}/`));
  // What was mounted last may stand on what was mounted before it.
  for (const point of points.toReversed()) await runTool(umount, ['--lazy', point]);
}

/** Files that its programs put outside of its folder. */
async function removeScattered(folder: string): Promise<void> {
  const ids = readNames(join(folder, containers));
  const sockets = ids.map((id) => readText(join(folder, containers, id, 'address')).replace('unix://', ''));
  const answers = readNames(networkAnswers).filter((name) => ids.some((id) => name.includes(id)));
  const links = readNames(logLinks).map((name) => join(logLinks, name));
  const targets = await Promise.all(links.map((link) => readlink(link).catch(() => '')));
  const lost = links.filter((_, at) => targets[at]?.startsWith(`${folder}/`));
  for (const file of [...sockets, ...answers.map((name) => join(networkAnswers, name)), ...lost]) {
    if (file !== '') await rm(file, { force: true });
  }
  await rm(devicePlugins, { recursive: true, force: true });
}

function commandOf(pid: number): string {
  return readText(`/proc/${pid}/cmdline`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function readText(file: string, absent = ''): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return absent;
  }
}

/** The folders in a folder; none where it is not there. */
function readFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function readNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
