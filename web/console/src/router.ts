import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'
import { entryOf, mayAny } from '@/lib/menu'
import { useSession } from '@/stores/session'

const routes: RouteRecordRaw[] = [
  { path: '/login', component: () => import('./pages/LoginPage.vue'), meta: { open: true } },
  { path: '/setup', component: () => import('./pages/SetupPage.vue'), meta: { bare: true } },
  { path: '/account', component: () => import('./pages/AccountPage.vue') },
  { path: '/staff', component: () => import('./pages/StaffPage.vue'), meta: { protected: true } },
  { path: '/roles', component: () => import('./pages/RolesPage.vue') },
  { path: '/', redirect: '/overview' },
  { path: '/overview', component: () => import('./pages/OverviewPage.vue') },
  { path: '/approvals', component: () => import('./pages/ApprovalsPage.vue'), meta: { protected: true } },
  { path: '/customers', component: () => import('./pages/CustomersPage.vue'), meta: { protected: true } },
  { path: '/orders', component: () => import('./pages/OrdersPage.vue'), meta: { protected: true } },
  { path: '/tokens', component: () => import('./pages/TokensPage.vue'), meta: { protected: true } },
  { path: '/certificates', component: () => import('./pages/CertificatesPage.vue'), meta: { protected: true } },
  { path: '/cases', component: () => import('./pages/CasesPage.vue') },
  { path: '/audit', component: () => import('./pages/AuditPage.vue'), meta: { protected: true } },
  { path: '/apis', component: () => import('./pages/ApisPage.vue') },
  { path: '/policy', component: () => import('./pages/PolicyPage.vue') },
  { path: '/params', component: () => import('./pages/ParamsPage.vue') },
  { path: '/:rest(.*)*', redirect: '/overview' },
]

export const router = createRouter({
  history: createWebHashHistory(),
  routes,
  scrollBehavior: (to, from, saved) => (to.path === from.path ? undefined : (saved ?? { top: 0 })),
})

router.beforeEach(async (to) => {
  const session = useSession()
  if (to.meta.open) return true
  if (!session.loggedIn && !(await session.restore().catch(() => false)))
    return { path: '/login', query: to.path === '/overview' ? {} : { to: to.fullPath } }
  if (!session.ready) return to.path === '/setup' ? true : '/setup'
  if (to.path === '/setup') return '/overview'
  const entry = entryOf(to.path)
  return entry === undefined || mayAny(session.staff?.permissions ?? [], entry.needs) ? true : '/overview'
})
