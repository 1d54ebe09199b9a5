/** What is Holdfast's sign? An arch that stands open: the same as on the small pages. */
export function Brand({ className = "" }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" className={`size-6 shrink-0 text-accent ${className}`} aria-hidden="true" focusable="false">
      <path fill="currentColor" fillRule="evenodd" d="M3 22V11a9 9 0 0 1 18 0v11h-4.5V11a4.5 4.5 0 0 0-9 0v11Z" />
    </svg>
  );
}
