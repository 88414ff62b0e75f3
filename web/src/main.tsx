import { render } from 'preact';
import { App } from './pages/app.tsx';
import './style/tokens.css';
import './style/base.css';
import './style/home.css';
import './style/chat.css';

render(<App />, document.getElementById('page')!);
