import { fileURLToPath } from 'node:url';
import { findApiServerTools, startApiServer } from '../kubernetes/api-server.ts';
import { addServiceAccount } from '../kubernetes/service-account.ts';
import { kubernetesContract } from '../kubernetes-contract.ts';

const tools = await findApiServerTools();
const crds = fileURLToPath(new URL('../../deploy/crds', import.meta.url));

kubernetesContract(
  'a real API server',
  async () => {
    const server = await startApiServer(tools);
    await server.kubectl(['apply', '--kustomize', crds]);
    await server.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
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
