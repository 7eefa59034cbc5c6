// Runs last, when every script above has declared its variables: restoring the conversation uses all of them.

restore();
fit();
box.focus({ preventScroll: true });
