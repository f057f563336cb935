/** Every address of the investor's app, and who may see it. */
import { createRootRoute, createRoute, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router'
import { session } from '@/api/session'
import { Crash, NotFound } from './Nowhere'
import { inside, text } from './search'
import { SignedIn } from './SignedIn'

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Crash })

export const signInRoute = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search): { next?: string } => {
    const next = text(search.next)
    return next ? { next } : {}
  },
  beforeLoad: ({ search }) => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- this is how the router is told
    if (session.now().status === 'open') throw redirect({ href: inside(search.next) })
  },
  component: lazyRouteComponent(() => import('./screens/auth'), 'SignInScreen'),
})

const registerRoute = createRoute({
  getParentRoute: () => root,
  path: '/register',
  component: lazyRouteComponent(() => import('@/features/auth/Register'), 'Register'),
})

export const verifyRoute = createRoute({
  getParentRoute: () => root,
  path: '/verify',
  validateSearch: (search) => ({ token: text(search.token) ?? '' }),
  component: lazyRouteComponent(() => import('./screens/auth'), 'VerifyScreen'),
})

const forgotPasswordRoute = createRoute({
  getParentRoute: () => root,
  path: '/forgot-password',
  component: lazyRouteComponent(() => import('@/features/auth/ForgotPassword'), 'ForgotPassword'),
})

export const resetPasswordRoute = createRoute({
  getParentRoute: () => root,
  path: '/reset-password',
  validateSearch: (search): { token?: string } => {
    const token = text(search.token)
    return token ? { token } : {}
  },
  component: lazyRouteComponent(() => import('./screens/auth'), 'ResetPasswordScreen'),
})

const setUpRoute = createRoute({
  getParentRoute: () => root,
  path: '/set-up',
  beforeLoad: () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- this is how the router is told
    if (session.now().status === 'out') throw redirect({ to: '/sign-in' })
  },
  component: lazyRouteComponent(() => import('./screens/auth'), 'SetUpScreen'),
})

const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: ({ location }) => {
    const now = session.now()
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- this is how the router is told
    if (now.status === 'setup') throw redirect({ to: '/set-up' })
    if (now.status !== 'out') return
    const search = now.isLeft ? {} : { next: location.href }
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- this is how the router is told
    throw redirect({ to: '/sign-in', search })
  },
  component: SignedIn,
  errorComponent: Crash,
})

const homeRoute = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: () => {
    const now = session.now()
    // Staff alone own nothing: what they have here is their own login.
    if (now.status !== 'open' || !now.user || now.user.roles.includes('investor')) return
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- this is how the router is told
    throw redirect({ to: '/security' })
  },
  component: lazyRouteComponent(() => import('@/features/analytics/Home'), 'Home'),
})

export const convertRoute = createRoute({
  getParentRoute: () => signedIn,
  path: '/convert',
  validateSearch: (search): { from?: string; to?: string } => {
    const [from, to] = [text(search.from), text(search.to)]
    return { ...(from && { from }), ...(to && { to }) }
  },
  component: lazyRouteComponent(() => import('./screens/payments'), 'ConvertScreen'),
})

export const depositRoute = createRoute({
  getParentRoute: () => signedIn,
  path: '/deposit',
  validateSearch: (search): { asset?: string } => {
    const asset = text(search.asset)
    return asset ? { asset } : {}
  },
  component: lazyRouteComponent(() => import('./screens/payments'), 'DepositScreen'),
})

const transactionsRoute = createRoute({
  getParentRoute: () => signedIn,
  path: '/transactions',
  component: lazyRouteComponent(() => import('@/features/analytics/Transactions'), 'Transactions'),
})

const settingsRoute = createRoute({
  getParentRoute: () => signedIn,
  path: '/settings',
  component: lazyRouteComponent(() => import('./screens/settings'), 'SettingsScreen'),
})

const securityRoute = createRoute({
  getParentRoute: () => signedIn,
  path: '/security',
  component: lazyRouteComponent(() => import('@/features/auth/security/Security'), 'Security'),
})

export const routeTree = root.addChildren([
  signInRoute,
  registerRoute,
  verifyRoute,
  forgotPasswordRoute,
  resetPasswordRoute,
  setUpRoute,
  signedIn.addChildren([
    homeRoute,
    convertRoute,
    depositRoute,
    transactionsRoute,
    settingsRoute,
    securityRoute,
  ]),
])
