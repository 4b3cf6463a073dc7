// A page that shows a new key must not make another when it is loaded again.

if (document.getElementById("new-key")) history.replaceState(null, "", location.pathname);
