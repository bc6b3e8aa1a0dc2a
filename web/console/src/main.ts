import '@zhangyin/shared/tokens.css'
import 'element-plus/theme-chalk/base.css'
import './styles/element.css'
import './styles/base.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n, useLocale } from './i18n'
import { router } from './router'
import { usePrefs } from './stores/prefs'

const app = createApp(App).use(createPinia()).use(i18n)
void useLocale(usePrefs().locale).then(() => app.use(router).mount('#app'))
