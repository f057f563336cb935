/** The screens before sign-in, with what they need from the address. */
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { session } from '@/api/session'
import { ResetPassword } from '@/features/auth/ResetPassword'
import { SetUpFactor } from '@/features/auth/SetUpFactor'
import { SignIn } from '@/features/auth/SignIn'
import { Verify } from '@/features/auth/Verify'
import { inside } from '../search'

const signIn = getRouteApi('/sign-in')
const verify = getRouteApi('/verify')
const resetPassword = getRouteApi('/reset-password')

export function SignInScreen() {
  return <SignIn next={inside(signIn.useSearch().next)} />
}

export function VerifyScreen() {
  return <Verify token={verify.useSearch().token} />
}

/** The token is taken out of the address at once: nobody reads it over a shoulder, in a history or a log. */
export function ResetPasswordScreen() {
  const { token } = resetPassword.useSearch()
  const navigate = resetPassword.useNavigate()
  const [kept] = useState(token ?? '')
  useEffect(() => {
    if (token) void navigate({ search: {}, replace: true })
  }, [token, navigate])
  return <ResetPassword token={kept} />
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
