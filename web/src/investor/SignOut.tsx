/** Leave, here and in every tab. */
import { Trans } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { signOut } from '@/api/auth'
import { Button } from '@/ui/Button'
import { Icon } from '@/ui/Icon'

export function SignOut() {
  const leave = useMutation({ mutationFn: signOut })
  return (
    <div>
      <Button onPress={() => leave.mutate()} isPending={leave.isPending} data-part="log-out">
        <Icon name="leave" />
        <Trans>Log out</Trans>
      </Button>
    </div>
  )
}
