import MarkdownIt from 'markdown-it';

/** HTML in the text stays text: bodies hold what users and databases said. */
const markdown = new MarkdownIt({ html: false, linkify: true, breaks: false });
const ordinaryLink = markdown.renderer.rules.link_open;
markdown.renderer.rules.link_open = (tokens, index, options, environment, self) => {
  tokens[index]?.attrSet('rel', 'noreferrer noopener');
  tokens[index]?.attrSet('target', '_blank');
  return (
    ordinaryLink?.(tokens, index, options, environment, self) ?? self.renderToken(tokens, index, options)
  );
};
markdown.disable('image');

const LONGEST_TEXT = 65_536;
const MARKER = /<!--[\s\S]*?-->\n?/g;
const DETAILS = /^<(?:details|summary|\/details)>.*$/gm;

/** Markdown as GitHub shows it, near enough: comments vanish, task lists have boxes, HTML is shown and not done. */
export function renderMarkdown(text: string): string {
  const visible = text
    .slice(0, LONGEST_TEXT)
    .replaceAll(MARKER, '')
    .replaceAll(DETAILS, (line) => line.replaceAll(/<[^>]*>/g, ''));
  return markdown
    .render(visible)
    .replaceAll('<li>[ ] ', '<li class="task"><input type="checkbox" disabled> ')
    .replaceAll('<li>[x] ', '<li class="task"><input type="checkbox" disabled checked> ');
}
