/**
 * Whether a name is one that editors give to files of their own beside the one being edited: backups of Emacs, Vim and nano
 * (`a.yaml~`), what Emacs saves by itself (`#a.yaml#`), Vim's swap files and the file it tries a folder with.
 */
export function isEditorsOwn(name: string): boolean {
  return /~$|^#.*#$|\.sw[a-px]$|^4913$/.test(name);
}
