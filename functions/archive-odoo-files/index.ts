import { serve } from '../_shared/serve.ts';
import { archiveOdooFiles } from './handler.ts';

serve(archiveOdooFiles);
