import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApiServer, findApiServerTools, startApiServer } from '../kubernetes/api-server.ts';
import { addServiceAccount } from '../kubernetes/service-account.ts';
import { kubernetesContract } from '../kubernetes-contract.ts';

const tools = await findApiServerTools();

kubernetesContract(
  'a real API server',
  async () => {
    const server = await startApiServer(tools);
    await defineImagePolicies(server);
    let accounts = 0;
    return {
      async kubeconfig(rules) {
        accounts += 1;
        const user = await addServiceAccount(server, {
          namespace: 'holdfast',
          name: `user-${accounts}`,
          rules,
        });
        return server.kubeconfig(user);
      },
      async strangersKubeconfig() {
        await server.addToken('stranger', 'secret-stranger');
        return server.kubeconfig('stranger');
      },
      cut: () => server.restart(),
      forget: () => server.restart(),
      close: () => server.stop(),
    };
  },
  { skip: tools.missing },
);

/** The kind as it is stored and served, without the fields that Flux's definition lists. */
async function defineImagePolicies(server: ApiServer): Promise<void> {
  const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'imagepolicies.image.toolkit.fluxcd.io' },
    spec: {
      group: 'image.toolkit.fluxcd.io',
      scope: 'Namespaced',
      names: { plural: 'imagepolicies', singular: 'imagepolicy', kind: 'ImagePolicy' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: free, status: free } } },
        },
      ],
    },
  };
  const file = join(server.folder, 'definition.json');
  await writeFile(file, JSON.stringify(definition));
  await server.kubectl(['apply', `--filename=${file}`]);
  await server.kubectl(['wait', '--for=condition=Established', '--timeout=30s', `--filename=${file}`]);
}
