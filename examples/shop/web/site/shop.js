const orders = document.getElementById("orders");
const message = document.getElementById("message");

async function show() {
  const answer = await fetch("/api/orders");
  if (!answer.ok) throw new Error(`the shop answered ${answer.status}`);
  const items = (await answer.json()).map(({ item, state }) => {
    const entry = document.createElement("li");
    entry.textContent = item;
    entry.dataset.state = state;
    return entry;
  });
  orders.replaceChildren(...items);
}

async function attempt(action) {
  try {
    await action();
    message.textContent = "";
  } catch (error) {
    message.textContent = `Sorry: ${error.message}.`;
  }
}

document.getElementById("order").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  attempt(async () => {
    const answer = await fetch("/api/orders", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ item: form.item.value }),
    });
    if (!answer.ok) throw new Error(`the shop answered ${answer.status}`);
    form.reset();
    await show();
  });
});

attempt(show);
setInterval(() => attempt(show), 5000);
