// The banner while the page is cut off from the call.

/** Say that the connection is lost, how to go on, and when it is back. */
export function showConnection(call, feed) {
  const banner = document.getElementById("connection");
  const retry = document.createElement("button");
  retry.type = "button";
  retry.className = "button button-small";
  retry.textContent = "Connect now";
  retry.addEventListener("click", () => feed.retryNow());

  call.addEventListener("feed:down", () => {
    call.dataset.offline = "";
    banner.replaceChildren("Connection lost. Trying again; nothing will be missed. ", retry);
  });
  call.addEventListener("feed:up", () => {
    delete call.dataset.offline;
    banner.replaceChildren();
  });
  call.addEventListener("feed:over", (event) => {
    call.dataset.offline = "";
    const reload = document.createElement("a");
    reload.href = location.href;
    reload.textContent = "Reload";
    banner.replaceChildren(`${event.detail.reason} `, reload);
  });
}
