/** The screens before sign-in, with what they need from the address. */
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { session } from '@/api/session'
import { SetUpFactor } from '@/features/auth/SetUpFactor'
import { SignIn } from '@/features/auth/SignIn'
import { Verify } from '@/features/auth/Verify'
import { inside } from '../search'

const signIn = getRouteApi('/sign-in')
const verify = getRouteApi('/verify')

export function SignInScreen() {
  return <SignIn next={inside(signIn.useSearch().next)} />
}

export function VerifyScreen() {
  return <Verify token={verify.useSearch().token} />
}

export function SetUpScreen() {
  const navigate = useNavigate()
  return (
    <SetUpFactor
      onDone={(answer) => {
        session.adopt(answer)
        void navigate({ to: '/', replace: true })
      }}
    />
  )
}
