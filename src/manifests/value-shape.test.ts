import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isReferenceByShape, type ValueShape, valueShape } from './value-shape.ts';

const digest = `sha256:${'0f'.repeat(32)}`;

const shapes: readonly (readonly [value: string, shape: ValueShape])[] = [
  ['nginx', 'bare'],
  ['org/app', 'path'],
  ['nginx:1.25', 'tagged'],
  ['quay.io/org/app', 'hosted'],
  ['localhost/app', 'hosted'],
  ['quay.io/org/app:v1', 'full'],
  ['localhost:5000/app:v1', 'full'],
  [`nginx@${digest}`, 'pinned'],
  [`quay.io/org/app:v1@${digest}`, 'pinned'],
  ['', 'none'],
  ['auto', 'none'],
  ['true', 'none'],
  ['1.20', 'none'],
  [digest, 'none'],
  ['Nginx', 'none'],
  ['a b', 'none'],
  ['$(params.image)', 'none'],
  ['{{ .Values.image }}', 'none'],
  ['<image>', 'none'],
  ['*:latest', 'none'],
  ['ko://example.com/cmd', 'none'],
  ['https://example.com/a.png', 'none'],
  ['assets/logo.png', 'none'],
  ['disks/ubuntu.qcow2', 'none'],
  ['nginx:', 'none'],
  ['ami-0abc1234', 'none'],
  ['0b1c2d3e-0b1c-0b1c-0b1c-0b1c2d3e4f5a', 'none'],
  ['projects/debian-cloud/global/images/debian-12', 'none'],
  [`nginx:${'1'.repeat(129)}`, 'none'],
];

describe('valueShape', () => {
  for (const [value, shape] of shapes) {
    it(`${JSON.stringify(value.slice(0, 60))} is ${shape}`, () => {
      assert.equal(valueShape(value), shape);
    });
  }
});

const byShape: readonly (readonly [value: string, isReference: boolean])[] = [
  ['registry.k8s.io/sig-storage/csi-provisioner:v6.2.0', true],
  ['harbor.example.com/org/app:v1', true],
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1', true],
  [`example.com/app@${digest}`, true],
  ['example.com/path:8080', false],
  ['registry.k8s.io/sig-storage/csi-provisioner', false],
  ['nginx:1.25', false],
];

describe('isReferenceByShape', () => {
  for (const [value, isReference] of byShape) {
    it(`${value.slice(0, 60)} is ${isReference ? 'one' : 'none'} by itself`, () => {
      assert.equal(isReferenceByShape(value), isReference);
    });
  }
});
