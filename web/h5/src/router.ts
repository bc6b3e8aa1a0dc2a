import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'
import { useSession } from '@/stores/session'
import { useOrder } from '@/stores/order'
import { hasForTab } from '@/lib/vault'

const LOGIN_LABEL = 'zy-login'

const routes: RouteRecordRaw[] = [
  { path: '/login', component: () => import('./pages/LoginPage.vue'), meta: { open: true } },
  { path: '/forgot', component: () => import('./pages/ForgotPage.vue'), meta: { open: true } },
  { path: '/register', component: () => import('./pages/RegisterPage.vue'), meta: { open: true } },
  { path: '/alias', component: () => import('./pages/AliasPage.vue') },
  { path: '/password/:kind(login|pay)', component: () => import('./pages/PasswordPage.vue'), props: true },
  { path: '/safety', component: () => import('./pages/SafetyPage.vue'), meta: { open: true } },
  { path: '/', component: () => import('./pages/HomePage.vue'), meta: { tabs: true } },
  { path: '/account-open', component: () => import('./pages/OpenAccountPage.vue') },
  { path: '/account-add', component: () => import('./pages/AddAccountPage.vue') },
  { path: '/assets', component: () => import('./pages/AssetsPage.vue') },
  { path: '/limits', component: () => import('./pages/LimitsPage.vue') },
  { path: '/paper', component: () => import('./pages/PaperPage.vue'), meta: { open: true } },
  { path: '/account/:id/password', component: () => import('./pages/AccountPasswordPage.vue'), props: true },
  { path: '/account/:id/close', component: () => import('./pages/CloseAccountPage.vue'), props: true },
  { path: '/account/:id/care', component: () => import('./pages/AccountCarePage.vue'), props: true },
  { path: '/account/:id', component: () => import('./pages/AccountPage.vue'), props: true },
  { path: '/transfer', component: () => import('./pages/TransferPage.vue'), meta: { tabs: true } },
  { path: '/order/check', component: () => import('./pages/CheckPage.vue'), meta: { order: true } },
  { path: '/order/prove', component: () => import('./pages/ProvePage.vue'), meta: { order: true } },
  { path: '/token', component: () => import('./pages/TokenPage.vue') },
  { path: '/face', component: () => import('./pages/FacePage.vue') },
  { path: '/certificate', component: () => import('./pages/CertificatePage.vue') },
  { path: '/phone-pay', component: () => import('./pages/PhonePayPage.vue') },
  { path: '/batches', component: () => import('./pages/BatchesPage.vue') },
  { path: '/batches/new', component: () => import('./pages/BatchEditPage.vue') },
  { path: '/batches/:id', component: () => import('./pages/BatchPage.vue'), props: true },
  { path: '/schedules', component: () => import('./pages/SchedulesPage.vue') },
  { path: '/schedules/:id', component: () => import('./pages/SchedulePage.vue'), props: true },
  { path: '/orders', component: () => import('./pages/OrdersPage.vue') },
  { path: '/orders/:id', component: () => import('./pages/OrderPage.vue'), props: true },
  { path: '/payees', component: () => import('./pages/PayeesPage.vue') },
  { path: '/messages', component: () => import('./pages/MessagesPage.vue'), meta: { tabs: true } },
  { path: '/mine', component: () => import('./pages/MinePage.vue'), meta: { tabs: true } },
  { path: '/device', component: () => import('./pages/DevicePage.vue') },
  { path: '/sessions', component: () => import('./pages/SessionsPage.vue') },
  { path: '/security', component: () => import('./pages/SecurityPage.vue') },
  { path: '/passkey', component: () => import('./pages/PasskeyPage.vue') },
  { path: '/pay-password', component: () => import('./pages/PayPasswordPage.vue') },
  { path: '/preference', component: () => import('./pages/PreferencePage.vue') },
  { path: '/gesture', component: () => import('./pages/GesturePage.vue') },
  { path: '/:rest(.*)*', redirect: '/' },
]

export const router = createRouter({
  history: createWebHashHistory(),
  routes,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

/** A reload finds the login that this tab keeps. */
async function loggedIn(): Promise<boolean> {
  const session = useSession()
  if (session.loggedIn) return true
  if (!hasForTab(LOGIN_LABEL)) return false
  return session.restore().catch(() => false)
}

router.beforeEach(async (to) => {
  if (to.meta.open) return true
  if (!(await loggedIn())) return { path: '/login', query: to.path === '/' ? {} : { to: to.fullPath } }
  if (useSession().mustChange && to.path !== '/password/login') return '/password/login'
  if (to.meta.order && !useOrder().canProve) return '/'
  return true
})
